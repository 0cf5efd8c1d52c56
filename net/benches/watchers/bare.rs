//! A server that does nothing but what the sizes of the messages ask for.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::watchers::{GET, GET_RESPONSE, HEADER, SET_RESPONSE};

/// Serves connections that wait for an event, and the one that makes events.
pub(super) async fn serve(listener: TcpListener) {
    let (event, _) = watch::channel(0_u32);
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        tokio::spawn(converse(stream, event.clone()));
    }
}

async fn converse(mut stream: TcpStream, event: watch::Sender<u32>) -> Option<()> {
    let mut heard = event.subscribe();
    loop {
        let opnum = read(&mut stream).await?;
        let size = if opnum == GET {
            heard.changed().await.ok()?;
            GET_RESPONSE
        } else {
            event.send_modify(|number| *number = number.wrapping_add(1));
            SET_RESPONSE
        };
        let mut response = [0; 256];
        let response = response.get_mut(..size)?;
        response.get_mut(8..10)?.copy_from_slice(&u16::try_from(size).ok()?.to_le_bytes());
        stream.write_all(response).await.ok()?;
    }
}

/// Reads one message, and gives the number of its operation.
async fn read(stream: &mut TcpStream) -> Option<u16> {
    let mut message = [0; 1_024];
    let header = message.get_mut(..HEADER)?;
    stream.read_exact(header).await.ok()?;
    let length = usize::from(u16::from_le_bytes([*header.get(8)?, *header.get(9)?]));
    stream.read_exact(message.get_mut(HEADER..length)?).await.ok()?;
    Some(u16::from_le_bytes([*message.get(22)?, *message.get(23)?]))
}
