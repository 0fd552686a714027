//! `/docs` shows the document, and nothing is fetched from elsewhere for it.
use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp};

async fn get(app: &TestApp, path: &str) -> Answer {
    app.send(Request::get(path).body(Body::empty()).unwrap())
        .await
}

/// What the page loads.
fn addresses(page: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        all.extend(
            page.split(attribute)
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap()),
        );
    }
    all
}

#[tokio::test]
async fn the_page_loads_files_of_ours_alone() {
    let app = TestApp::start().await;
    for path in ["/docs", "/docs/"] {
        let page = get(&app, path).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        let policy = page.header("content-security-policy");
        for directive in policy.split(';').map(str::trim) {
            let mut sources = directive.split(' ').skip(1);
            assert!(
                sources.all(|source| ["'none'", "'self'", "data:"].contains(&source)),
                "{directive}"
            );
        }
        assert!(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"));
        // Nothing inline, which the policy would refuse.
        assert!(!page.body.contains("<style") && !page.body.contains(" onload="));
        for script in page.body.split("<script").skip(1) {
            let body = script
                .split_once('>')
                .unwrap()
                .1
                .split("</script")
                .next()
                .unwrap();
            assert_eq!(body.trim(), "");
        }
        let loads = addresses(&page.body);
        assert!(loads.len() >= 6, "{loads:?}");
        for address in loads {
            assert!(address.starts_with("/docs/"), "{address}");
            let file = Request::get(address).body(Body::empty()).unwrap();
            let (status, length) = app.fetch(file).await;
            assert_eq!(status, 200, "{address}");
            assert!(length > 0, "{address}");
        }
    }
    get(&app, "/docs/passwd")
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn it_reads_our_document_and_asks_no_stranger_whether_it_is_valid() {
    let app = TestApp::start().await;
    let initializer = get(&app, "/docs/swagger-initializer.js").await.expect(200);
    assert!(
        initializer.body.contains(r#""url": "/openapi.json""#),
        "{}",
        initializer.body
    );
    assert!(initializer.body.contains(r#""validatorUrl": "none""#));
    assert!(!initializer.body.contains("http://") && !initializer.body.contains("https://"));
    // The style sheet brings its pictures along.
    let style = get(&app, "/docs/swagger-ui.css").await.expect(200);
    for address in style.body.split("url(").skip(1) {
        assert!(
            address.trim_start_matches(['"', '\'']).starts_with("data:"),
            "{}",
            &address[..40]
        );
    }
    assert!(!style.body.contains("@import"));
    let document = get(&app, "/openapi.json").await.expect(200);
    assert_eq!(document.json()["openapi"], "3.1.0");
}
