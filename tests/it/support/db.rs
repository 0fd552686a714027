//! A fresh, migrated database per test, copied from a template that is made once per set of migrations.
//!
//! `TEST_DATABASE_URL` names a server of one's own, by a superuser; without it there is the embedded one. The
//! superuser makes roles and databases and nothing else: the application logs in as an ordinary role that owns its
//! database, as in production. A superuser would pass by every policy, and the tests would prove nothing.
use std::{
    future::Future,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rocket_reception::{
    embedded::{Cluster, ClusterSpec, Durability},
    kernel::{
        clock::Clock,
        db::{APP_ROLE, Db, MIGRATOR, ensure_roles, migrate},
    },
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::OnceCell, time::sleep};
use uuid::Uuid;

/// Many tests run at once, and the server has a limit.
const POOL_SIZE: u32 = 4;
/// Whom the application logs in as.
const LOGIN: &str = "reception";
/// Says that we hold the advisory lock under which roles and templates are made.
const BUILD_LOCK: i64 = 0x5EC7_1A7E;

/// Where test databases are made, and by whom they are used.
#[derive(Clone)]
struct Server {
    superuser_options: PgConnectOptions,
    app_options: PgConnectOptions,
}

async fn server() -> Server {
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let superuser_options: PgConnectOptions = url.parse().expect("TEST_DATABASE_URL");
            let app_options = superuser_options.clone().username(LOGIN).password(LOGIN);
            Server {
                superuser_options,
                app_options,
            }
        }
        Err(_) => {
            let cluster = cluster().await;
            Server {
                superuser_options: cluster.superuser_options("postgres"),
                app_options: cluster.options("postgres"),
            }
        }
    }
}

/// The embedded server of all test processes of this checkout; it stops when the last of them has ended.
async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    let open = || async {
        let spec = ClusterSpec {
            dir: cluster_folder(),
            durability: Durability::Throwaway,
            supervisor: env!("CARGO_BIN_EXE_reception").into(),
            settings: Vec::new(),
            pg_bin: std::env::var_os("PG_BIN").map(Into::into),
            // Under nextest every test is a process: the next one joins before the server has stopped.
            linger: Duration::from_millis(1500),
        };
        Cluster::open(spec)
            .await
            .unwrap_or_else(|error| panic!("{error:#}"))
    };
    CLUSTER.get_or_init(open).await
}

/// In memory where there is a folder for that, else in the target folder; one for each checkout.
fn cluster_folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if !memory.is_dir() {
        return Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    }
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    memory.join(format!("reception-tests-{:016x}", hasher.finish()))
}

/// A database of one test. Gone at its end, unless the test failed: then its name is printed.
pub struct TestDb {
    pub db: Db,
    name: String,
    server: Server,
    /// A login of this test alone, gone with the database.
    own_login: Option<String>,
}

impl TestDb {
    pub async fn new(clock: Clock) -> Self {
        let server = server().await;
        let template = template(&server).await;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut conn = connect(&server.superuser_options).await;
        let copy = format!("create database {name} owner {LOGIN} template {template}");
        let strategy = if version(&mut conn).await >= 150_000 {
            " strategy file_copy"
        } else {
            ""
        };
        run(&mut conn, format!("{copy}{strategy}")).await;
        conn.close().await.expect("close");
        let db = Self::connect(&server, &name, clock).await;
        Self {
            db,
            name,
            server,
            own_login: None,
        }
    }

    /// A database without any table, of the application's login.
    pub async fn unmigrated(clock: Clock) -> Self {
        let server = server().await;
        // Makes the roles and the login, too.
        template(&server).await;
        Self::make_empty(server, LOGIN, None, clock).await
    }

    /// A database without any table whose owner may neither make roles nor take the application's, as on a host that
    /// gives one login and nothing else.
    pub async fn unmigrated_of_plain_owner(clock: Clock) -> Self {
        let mut server = server().await;
        let login = format!("owner_{}", Uuid::now_v7().simple());
        let mut conn = connect(&server.superuser_options).await;
        run(
            &mut conn,
            format!("create role {login} login nosuperuser nobypassrls password '{login}'"),
        )
        .await;
        conn.close().await.expect("close");
        server.app_options = server.app_options.username(&login).password(&login);
        Self::make_empty(server, &login, Some(login.clone()), clock).await
    }

    async fn make_empty(
        server: Server,
        owner: &str,
        own_login: Option<String>,
        clock: Clock,
    ) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut conn = connect(&server.superuser_options).await;
        run(&mut conn, format!("create database {name} owner {owner}")).await;
        conn.close().await.expect("close");
        let db = Self::connect(&server, &name, clock).await;
        Self {
            db,
            name,
            server,
            own_login,
        }
    }

    /// A session of the login that owns the tables: the migrator's.
    pub async fn owner(&self) -> PgConnection {
        connect(&self.server.app_options.clone().database(&self.name)).await
    }

    /// The same database with a pool of its own: another replica.
    pub async fn replica(&self, clock: Clock) -> Db {
        Self::connect(&self.server, &self.name, clock).await
    }

    /// A session of the superuser, who sees all rows and may make tables for a test.
    pub async fn superuser(&self) -> PgConnection {
        connect(&self.server.superuser_options.clone().database(&self.name)).await
    }

    /// How the application logs in.
    pub fn options(&self) -> PgConnectOptions {
        self.server.app_options.clone().database(&self.name)
    }

    /// Whether anybody but a superuser gets in; who is in is thrown out.
    pub async fn let_in(&self, may: bool) {
        let mut conn = connect(&self.server.superuser_options).await;
        let name = &self.name;
        run(
            &mut conn,
            format!("alter database {name} allow_connections {may}"),
        )
        .await;
        if !may {
            let thrown_out =
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
            sqlx::query(thrown_out)
                .bind(name)
                .execute(&mut conn)
                .await
                .expect("end the sessions");
        }
    }

    async fn connect(server: &Server, name: &str, clock: Clock) -> Db {
        let options = server.app_options.clone().database(name);
        let db = Db::connect(options, POOL_SIZE, clock).await;
        db.expect("log in as the application")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("kept database {} for inspection", self.name);
            return;
        }
        let (options, name) = (self.server.superuser_options.clone(), self.name.clone());
        let own_login = self.own_login.take();
        // The runtime of the test is ending, so this needs one of its own.
        let dropping = thread::spawn(move || {
            block_on(async {
                drop_database(options.clone(), name).await;
                if let Some(login) = own_login {
                    run(&mut connect(&options).await, format!("drop role {login}")).await;
                }
            });
        });
        dropping.join().expect("drop the test's database");
    }
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Ends the sessions first: `with (force)` waits for them in steps of 100 ms.
async fn drop_database(options: PgConnectOptions, name: String) {
    let mut conn = connect(&options).await;
    for _ in 0..200 {
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1",
        )
        .bind(&name)
        .fetch_one(&mut conn)
        .await
        .expect("end the sessions");
        if ended == 0 {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    run(
        &mut conn,
        format!("drop database if exists {name} with (force)"),
    )
    .await;
}

/// The migrated template of exactly these migrations. Others stay: they may be in use by another checkout.
async fn template(server: &Server) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE.get_or_init(|| find_or_make_template(server)).await
}

async fn find_or_make_template(server: &Server) -> String {
    let name = format!("template_{:016x}", fingerprint());
    let mut conn = connect(&server.superuser_options).await;
    sqlx::query("select pg_advisory_lock($1)")
        .bind(BUILD_LOCK)
        .execute(&mut conn)
        .await
        .expect("take the lock");
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut conn)
            .await
            .expect("look for the template");
    if !exists {
        make_login(&mut conn).await;
        // Built under another name, so that one that was left half done is never copied.
        let building = format!("{name}_building");
        run(
            &mut conn,
            format!("drop database if exists {building} with (force)"),
        )
        .await;
        run(
            &mut conn,
            format!("create database {building} owner {LOGIN}"),
        )
        .await;
        let mut app = connect(&server.app_options.clone().database(&building)).await;
        migrate(&mut app).await.expect("migrate the template");
        app.close().await.expect("close");
        run(
            &mut conn,
            format!("alter database {building} rename to {name}"),
        )
        .await;
    }
    // Closing gives the lock back.
    conn.close().await.expect("close");
    name
}

/// The roles of transactions, and the login that may take them.
async fn make_login(conn: &mut PgConnection) {
    ensure_roles(conn).await.expect("make the roles");
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(LOGIN)
            .fetch_one(&mut *conn)
            .await
            .expect("look for the login");
    if !exists {
        run(
            conn,
            format!("create role {LOGIN} login nosuperuser nobypassrls password '{LOGIN}'"),
        )
        .await;
    }
    run(
        conn,
        format!("grant {APP_ROLE}, reception_identity to {LOGIN}"),
    )
    .await;
}

fn fingerprint() -> u64 {
    MIGRATOR.iter().fold(0, |hash, migration| {
        let start =
            u64::from_le_bytes(migration.checksum[..8].try_into().expect("a long checksum"));
        // A migration under another number is another one, though its text stayed.
        hash.rotate_left(9) ^ start ^ migration.version.cast_unsigned()
    })
}

async fn version(conn: &mut PgConnection) -> i32 {
    sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(conn)
        .await
        .expect("the server's version")
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options)
        .await
        .expect("connect to the test server")
}

async fn run(conn: &mut PgConnection, statement: String) {
    let result = conn.execute(AssertSqlSafe(statement.clone())).await;
    result.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
