//! Accounts that are made at the shell, and the demo's.
use rocket_reception::{
    identity::{
        Role,
        accounts::{self, Error, Made},
    },
    seeding::{Seed, Seeding, owner},
};
use serde_json::json;

use super::{PASSWORD, audited};
use crate::support::TestApp;

#[tokio::test]
async fn an_operator_is_made_once_and_keeps_the_password() {
    let app = TestApp::start().await;
    let (db, now) = (&app.state.db, app.clock.now());
    let email = "ops@reception.example".parse().unwrap();
    let made = accounts::create_operator(db, &email, PASSWORD.to_owned().into(), now)
        .await
        .unwrap();
    assert!(matches!(made, Made::Created(_)));
    let again =
        accounts::create_operator(db, &email, "another one entirely".to_owned().into(), now).await;
    assert!(matches!(again.unwrap(), Made::Unchanged(_)));
    let body = json!({"email": "ops@reception.example", "password": PASSWORD});
    let session = app
        .stranger()
        .post("/api/auth/login", body)
        .await
        .expect(200)
        .json();
    assert_eq!(session["role"], "OPERATOR");
    assert!(session["subscriber"].is_null());
    assert_eq!(audited(&app).await, ["operator.created", "session.started"]);
    let weak = accounts::create_operator(db, &email, "short".to_owned().into(), now).await;
    assert!(matches!(weak, Err(Error::Weak(_))));
}

#[tokio::test]
async fn a_member_is_made_by_slug_and_another_role_replaces_the_first() {
    let app = TestApp::start().await;
    app.subscriber("hvac").await;
    let (db, now) = (&app.state.db, app.clock.now());
    let email = "sam@hvac.example".parse().unwrap();
    let make = async |subscriber, role| {
        let password = PASSWORD.to_owned().into();
        accounts::create_member(db, &email, password, subscriber, role, now).await
    };
    assert!(matches!(
        make("nobody", Role::Staff).await,
        Err(Error::NoSubscriber)
    ));
    assert!(matches!(
        make("hvac", Role::Staff).await.unwrap(),
        Made::Created(_)
    ));
    assert!(matches!(
        make("hvac", Role::Staff).await.unwrap(),
        Made::Unchanged(_)
    ));
    assert!(matches!(
        make("hvac", Role::Admin).await.unwrap(),
        Made::Promoted(_)
    ));
    let body = json!({"email": "sam@hvac.example", "password": PASSWORD});
    let session = app
        .stranger()
        .post("/api/auth/login", body)
        .await
        .expect(200)
        .json();
    assert_eq!(session["role"], "ADMIN");
}

#[tokio::test]
async fn the_demo_has_an_owner_in_development_and_none_in_production() {
    let app = TestApp::start().await;
    let seed = async |app: &TestApp| {
        let seeding = Seeding {
            db: &app.state.db,
            settings: &app.state.settings,
            now: app.clock.now(),
        };
        Seed::Demo.run(&seeding).await.unwrap()
    };
    seed(&app).await;
    let second = seed(&app).await;
    assert_eq!((second.total().created, second.total().updated), (0, 0));
    let body = json!({"email": owner::EMAIL, "password": owner::PASSWORD});
    let session = app
        .stranger()
        .post("/api/auth/login", body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(session["subscriber"]["slug"], "demohvac");
    assert_eq!(session["role"], "OWNER");
    let live = TestApp::with(&crate::support::PRODUCTION).await;
    let report = seed(&live).await;
    assert!(
        report
            .notes()
            .iter()
            .any(|note| note.contains("production")),
        "{:?}",
        report.notes()
    );
    live.stranger()
        .post("/api/auth/login", body)
        .await
        .expect(401);
}
