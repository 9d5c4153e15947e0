//! A bad line to the S3 server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is wrong with the line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Every connection is closed at once.
    Refuses,
    /// Connections stand and nothing comes back.
    Hangs,
    /// Every request is answered by `503 Slow Down`.
    Busy,
    /// Every connection is closed after so many bytes in one direction.
    CutsAfter(usize),
}

/// A line to `server` with this fault; it ends with the test.
pub(crate) async fn start(server: SocketAddr, fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(carry(socket, server, fault));
        }
    });
    address
}

async fn carry(socket: TcpStream, server: SocketAddr, fault: Fault) {
    let (mut from_client, mut to_client) = socket.into_split();
    match fault {
        Fault::Refuses => {}
        Fault::Hangs => {
            let mut heard = [0; 4096];
            while from_client.read(&mut heard).await.is_ok_and(|read| read > 0) {}
        }
        Fault::Busy => {
            let _ = from_client.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = to_client.write_all(answer.as_bytes()).await;
        }
        Fault::CutsAfter(bytes) => {
            let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
            tokio::select! {
                () = pump(from_client, to_server, bytes) => {}
                () = pump(from_server, to_client, bytes) => {}
            }
        }
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, bytes_max: usize) {
    let mut left = bytes_max;
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let room = left.min(buffer.len());
        let Ok(read @ 1..) = from.read(&mut buffer[..room]).await else { return };
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        left -= read;
    }
}
