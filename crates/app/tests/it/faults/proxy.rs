//! A proxy in front of the store that can fail in the ways in which a network does.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// They reach the store.
    Through,
    /// They are closed at once.
    Refuse,
    /// They are answered 503.
    Deny,
    /// They are accepted, and nothing follows.
    Hang,
    /// They reach the store, and break after some bytes.
    Cut,
}

/// A proxy that lives as long as the test's runtime.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    pub(super) async fn before(store: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Through);
        tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                tokio::spawn(carry(socket, store, watched.clone()));
            }
        });
        Self { address, way }
    }

    /// From now on; connections that are open end.
    pub(super) fn turn(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(mut client: TcpStream, store: SocketAddr, mut way: watch::Receiver<Way>) {
    let now = *way.borrow_and_update();
    match now {
        Way::Refuse => return,
        Way::Deny => {
            let mut head = [0; 1024];
            let _ = client.read(&mut head).await;
            let answer = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = client.write_all(answer).await;
            return;
        }
        Way::Through | Way::Hang | Way::Cut => {}
    }
    let copied = async {
        match (now, TcpStream::connect(store).await) {
            (Way::Through, Ok(mut server)) => drop(copy_bidirectional(&mut client, &mut server).await),
            (Way::Cut, Ok(server)) => copy_some(&mut client, server).await,
            (Way::Refuse | Way::Deny | Way::Hang, _) => std::future::pending().await,
            (Way::Through | Way::Cut, Err(_)) => {}
        }
    };
    tokio::select! {
        () = copied => {}
        _ = way.changed() => {
            // A store that hangs keeps the connections that it has, and says nothing on them.
            while *way.borrow_and_update() == Way::Hang && way.changed().await.is_ok() {}
        }
    }
}

/// Copies at most so many bytes each way.
async fn copy_some(client: &mut TcpStream, server: TcpStream) {
    let bytes = fastrand::u64(0..100_000);
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.into_split();
    let (mut up, mut down) = (from_client.take(bytes), from_server.take(bytes));
    let (mut to_server, mut to_client) = (to_server, to_client);
    tokio::select! {
        _ = copy(&mut up, &mut to_server) => {}
        _ = copy(&mut down, &mut to_client) => {}
    }
}
