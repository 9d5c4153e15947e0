//! PostgreSQL restarted under load: whoever asks meanwhile is told to come back, and all works again by itself.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use app::private_postgres::PrivatePostgres;
use axum::http::{StatusCode, header};
use serde_json::Value;
use store::{DatabaseUrl, PoolSizes, Store};
use web::WebSettings;

use crate::harness::{Answer, Server};
use crate::people::Person;

const RESTARTS: usize = 3;
const DOWN: Duration = Duration::from_millis(800);
const SIZES: PoolSizes = PoolSizes { web: 8, jobs: 4, bulk: 4, chosen: true };

/// A server whose database is restarted, and what its callers were told.
struct Load {
    server: Server,
    admin: Person,
    stop: AtomicBool,
    refused: AtomicUsize,
}

impl Load {
    /// The answer, unless the caller was told to come back. Nothing else may happen.
    fn good(&self, answer: Answer, what: &str) -> Option<Answer> {
        let text = String::from_utf8_lossy(&answer.bytes);
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.headers[header::RETRY_AFTER], "5", "{what}: {text}");
            assert_eq!(answer.code(), "unavailable");
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        assert!(answer.status.is_success(), "{what}: {} {text}", answer.status);
        Some(answer)
    }

    async fn list(&self) -> Option<Answer> {
        self.good(self.server.call(Some(&self.admin.access), "GET", "/api/events", None).await, "list")
    }

    async fn find(&self) -> Option<Answer> {
        self.good(self.server.search("gala", &["ann"]).await, "search")
    }

    /// Uploads a photo of Ann and of somebody else; its id.
    async fn upload(&self, n: usize) -> Option<String> {
        let answer =
            self.server.upload_as(&self.admin, "gala", &[("a.jpg", &["ann", &format!("p{n}")])]).await;
        let uploaded = self.good(answer, "upload")?.json();
        Some(uploaded["results"][0]["photo_id"].as_str().expect("it was accepted").to_owned())
    }

    /// Uploads, searches and lists until told to stop; the photos that were acknowledged.
    async fn run(self: Arc<Self>, first: usize) -> Vec<String> {
        let mut acknowledged = Vec::new();
        for n in first.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            acknowledged.extend(self.upload(n).await);
            self.find().await;
            self.list().await;
        }
        acknowledged
    }
}

/// Restarts the database under load; then every acknowledged photo is found.
async fn check(mut postgres: PrivatePostgres, data: &Path, store: Store) {
    store.migrate().await.unwrap();
    let settings = WebSettings { rate_limits: false, ..WebSettings::default() };
    let server = Server::on(store, settings);
    let admin = server.first_admin().await;
    server.event_of(&admin, "Gala").await;
    let load = Arc::new(Load { server, admin, stop: AtomicBool::new(false), refused: AtomicUsize::new(0) });
    let callers: Vec<_> = (0..6).map(|n| tokio::spawn(Arc::clone(&load).run(n * 100_000))).collect();
    for _ in 0..RESTARTS {
        tokio::time::sleep(DOWN).await;
        tokio::task::block_in_place(|| postgres.leave()).unwrap();
        tokio::time::sleep(DOWN).await;
        postgres = tokio::task::block_in_place(|| PrivatePostgres::enter(data, None)).unwrap();
    }
    tokio::time::sleep(DOWN).await;
    load.stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    let refused = load.refused.load(Ordering::Relaxed);
    assert!(refused > 0 && acknowledged.len() > 20, "{refused} refused, {} uploaded", acknowledged.len());
    for _ in 0..20 {
        if load.list().await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    load.server.work().await;
    for _ in 0..20 {
        load.list().await.expect("all is well again");
        load.find().await.expect("all is well again");
    }
    let found = load.find().await.unwrap().json();
    let found: Vec<&Value> =
        found["matches"].as_array().unwrap().iter().map(|photo| &photo["photo_id"]).collect();
    for photo_id in &acknowledged {
        assert!(found.iter().any(|id| *id == photo_id), "{photo_id} was acknowledged and is lost");
    }
    load.server.web.store.close().await;
    postgres.leave().unwrap();
}

/// A data folder that PostgreSQL's own user can enter.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgresql_is_restarted() {
    let folder = folder();
    let postgres = PrivatePostgres::enter(folder.path(), None).unwrap();
    let store = Store::connect(&postgres.url(), &postgres.url(), SIZES).await.unwrap();
    check(postgres, folder.path(), store).await;
}

/// Only where the tests go through a PgBouncer, which says that there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgresql_is_restarted_behind_pgbouncer() {
    if store::testing::pgbouncer().is_none() {
        return;
    }
    let folder = folder();
    let postgres = PrivatePostgres::enter(folder.path(), None).unwrap();
    let (_pgbouncer, pooled) = PgBouncer::start(folder.path());
    let store = Store::connect(&pooled, &postgres.url(), SIZES).await.unwrap();
    check(postgres, folder.path(), store).await;
}

/// A PgBouncer in front of a private PostgreSQL, running as the same user.
struct PgBouncer(Child);

impl PgBouncer {
    fn start(data: &Path) -> (Self, DatabaseUrl) {
        use std::os::unix::fs::{MetadataExt as _, chown};
        use std::os::unix::process::CommandExt as _;
        let owner = std::fs::metadata(data.join("postgres")).unwrap();
        let place = data.join("pgbouncer");
        std::fs::create_dir(&place).unwrap();
        chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
        let settings = format!(
            "[databases]\n* = host={}/postgres-socket user=findme\n[pgbouncer]\npool_mode = transaction\n\
             auth_type = any\nlisten_port = 6432\nunix_socket_dir = {}\nserver_login_retry = 1\n\
             default_pool_size = 5\nmax_client_conn = 1000\n",
            data.display(),
            place.display()
        );
        let file = data.join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin"];
        let program = folders.map(|folder| Path::new(folder).join("pgbouncer"));
        let program = program.iter().find(|program| program.exists()).expect("pgbouncer is installed");
        let mut command = Command::new(program);
        command.arg(file).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
        if rustix::process::getuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.spawn().unwrap();
        let socket = place.join(".s.PGSQL.6432");
        while !socket.exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let host = place.display().to_string().replace('/', "%2F");
        (Self(child), DatabaseUrl::new(format!("postgres://findme@{host}:6432/findme")))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
