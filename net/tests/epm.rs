//! The endpoint mapper: octets of captured calls, towers, and a client and a server over sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what is not as it should be fails the test"
)]

use std::net::{Ipv4Addr, SocketAddr};

use cmrp::clusapi2::Clusapi2;
use cmrp::clusapi3::Clusapi3;
use cmrp::ndr::{Call, EncodeStub, Format, Handle, Interface, Limits, Varying};
use cmrp_net::client::{Association, CallOptions, ConnectError, Options, Protocol, Transfer};
use cmrp_net::epm::interface::{
    Ept, EptLookupHandleFreeRequest, EptLookupHandleT, EptMapRequest, EptMapResponse, Request, Response,
    TwrPT, TwrT,
};
use cmrp_net::epm::tower::{Tower, TowerError};
use cmrp_net::epm::{self, Endpoint, Server};
use dcerpc_proto::SyntaxId;

/// The stub of rpcclient's `ept_map` (`rpcclient_epmapper_anon.pcapng`, frame 8).
const ASKED: &str = "00000000 01000000 4b000000 4b000000\
    0500 1300 0d b2b87db9634ccf11bff608002be23f2f 0300 0200 0000\
    1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000\
    0100 0b 0200 0000 0100 07 0200 0000 0100 09 0400 00000000 00\
    0000000000000000000000000000000000000000 01000000";

/// The answer to it (frame 9).
const TOLD: &str = "0000000000000000000000000000000000000000 01000000 01000000 00000000 01000000 00000200\
    4b000000 4b000000\
    0500 1300 0d b2b87db9634ccf11bff608002be23f2f 0300 0200 0000\
    1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000\
    0100 0b 0200 0000 0100 07 0200 b7ca 0100 09 0400 7f000001 00 00000000";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn syntax<I: Interface>() -> SyntaxId {
    SyntaxId::new(I::UUID, I::VERSION.0, I::VERSION.1)
}

fn question() -> Tower {
    Tower::question(syntax::<Clusapi3>(), SyntaxId::NDR20)
}

fn request(tower: &[u8]) -> EptMapRequest<'_> {
    let map_tower = Some(TwrT { tower_octet_string: tower });
    EptMapRequest { object: None, map_tower, entry_handle: None, max_towers: 1 }
}

#[test]
fn captured_question() {
    let stub = octets(ASKED);
    let Request::EptMap(decoded) = Request::decode(3, &stub, Format::NDR20_LE, &Limits::DEFAULT).unwrap()
    else {
        panic!("not ept_map")
    };
    let tower = question().encode();
    assert_eq!(decoded, request(&tower));
    assert_eq!(Tower::decode(decoded.map_tower.unwrap().tower_octet_string), Ok(question()));
    // The way back differs in the referent, whose number is the sender's choice.
    let mut encoded = request(&tower).encode(Format::NDR20_LE).unwrap();
    encoded[4..8].copy_from_slice(&[1, 0, 0, 0]);
    assert_eq!(encoded, stub);
}

#[test]
fn captured_answer() {
    let stub = octets(TOLD);
    let tower = question().encode();
    let decoded = request(&tower).decode_response(&stub, Format::NDR20_LE, &Limits::DEFAULT).unwrap();
    let answer = Tower { port: 47050, address: Ipv4Addr::LOCALHOST, ..question() };
    let told = answer.encode();
    let expected = EptMapResponse {
        entry_handle: None,
        towers: Varying::full(vec![TwrPT { tower: Some(TwrT { tower_octet_string: &told }) }]),
        status: 0,
    };
    assert_eq!(decoded, expected);
    assert_eq!(Tower::decode(&told), Ok(answer));
    assert_eq!(expected.encode(Format::NDR20_LE).unwrap(), stub);
}

#[test]
fn round_trips_in_all_formats() {
    let handle = Handle::new(cmrp::ndr::ContextHandle { attributes: 0, uuid: Ept::UUID });
    for format in Format::ALL {
        for towers in 0..5 {
            let tower = question().encode();
            let towers = vec![TwrPT { tower: Some(TwrT { tower_octet_string: &tower }) }; towers];
            let response: Response<'_> =
                EptMapResponse { entry_handle: handle, towers: Varying { size: 5, data: towers }, status: 0 }
                    .into();
            let stub = response.encode(format).unwrap();
            assert_eq!(Response::decode(3, &stub, format, &Limits::DEFAULT).unwrap(), response);
        }
    }
}

#[test]
fn towers_of_other_protocols_and_lengths() {
    let good = question().encode();
    assert_eq!(good.len(), 75);
    for length in 0..good.len() {
        assert_eq!(Tower::decode(&good[..length]), Err(TowerError::Length), "{length}");
    }
    let with = |place: usize, octet: u8| {
        let mut octets = good.clone();
        octets[place] = octet;
        Tower::decode(&octets)
    };
    assert_eq!(with(0, 4), Err(TowerError::Floors(4)));
    assert_eq!(with(4, 0x0c), Err(TowerError::Floor(1)));
    assert_eq!(with(29, 0x0c), Err(TowerError::Floor(2)));
    // ncadg, UDP, named pipe.
    assert_eq!(with(54, 0x0a), Err(TowerError::Floor(3)));
    assert_eq!(with(61, 0x08), Err(TowerError::Floor(4)));
    assert_eq!(with(68, 0x10), Err(TowerError::Floor(5)));
    assert_eq!(Tower::decode(&[good.as_slice(), &[0]].concat()), Err(TowerError::Length));
}

/// Whatever octets come: no panic, and what is a tower is one again.
#[test]
fn towers_of_random_octets() {
    let good = question().encode();
    let mut state = 0x1234_5678_9abc_def0_u64;
    let mut dice = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    let mut read = 0;
    for _ in 0..100_000 {
        let mut octets = good.clone();
        for _ in 0..dice() % 4 {
            let place = dice() % octets.len();
            octets[place] = u8::try_from(dice() % 256).unwrap();
        }
        octets.truncate(octets.len() - dice() % 2 * (dice() % 8));
        if let Ok(tower) = Tower::decode(&octets) {
            read += 1;
            assert_eq!(Tower::decode(&tower.encode()), Ok(tower));
        }
    }
    assert!(read > 10_000);
}

fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint { interface: syntax::<Clusapi3>(), address: "192.0.2.1:49703".parse().unwrap() },
        Endpoint { interface: syntax::<Clusapi2>(), address: "[::]:49702".parse().unwrap() },
    ]
}

async fn mapper() -> (Server, String) {
    let server = Server::bind("127.0.0.1:0", endpoints()).await.unwrap();
    let host = server.local_addr().to_string();
    (server, host)
}

#[tokio::test]
async fn each_interface_has_its_port() {
    let (_server, host) = mapper().await;
    let options = Options::new(Protocol::V3);
    let expected = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for transfer in [SyntaxId::NDR20, SyntaxId::NDR64] {
        for (interface, port) in [(syntax::<Clusapi3>(), 49703), (syntax::<Clusapi2>(), 49702)] {
            assert_eq!(epm::map(&host, interface, transfer, &options).await.unwrap(), expected(port));
        }
    }
}

#[tokio::test]
async fn what_it_does_not_know() {
    let (server, host) = mapper().await;
    let options = Options::new(Protocol::V3);
    let newer = SyntaxId { minor: 1, ..syntax::<Clusapi3>() };
    let other = SyntaxId { major: 4, ..syntax::<Clusapi3>() };
    for interface in [newer, other, syntax::<Ept>()] {
        let error = epm::map(&host, interface, SyntaxId::NDR20, &options).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotRegistered), "{error}");
        assert_eq!(error.win32(), 1753);
    }
    let unknown = epm::map(&host, syntax::<Clusapi3>(), SyntaxId::NIL, &options).await;
    assert!(matches!(unknown, Err(ConnectError::NotRegistered)));
    server.set(Vec::new()).await.unwrap();
    let removed = epm::map(&host, syntax::<Clusapi3>(), SyntaxId::NDR20, &options).await;
    assert!(matches!(removed, Err(ConnectError::NotRegistered)));
    server.shut_down().await.unwrap();
    let stopped = epm::map(&host, syntax::<Clusapi3>(), SyntaxId::NDR20, &options).await;
    assert!(matches!(stopped, Err(ConnectError::Io(_))));
}

/// The limit that a client states is kept, and what makes no sense is no failure of the server.
#[tokio::test]
async fn odd_questions() {
    let (_server, host) = mapper().await;
    let options = Options::new(Protocol::V3).with_interface::<Ept>();
    for transfer in [Transfer::Ndr20, Transfer::Ndr64] {
        let association =
            Association::connect(&host, &options.clone().with_transfer(transfer)).await.unwrap();
        let tower = question().encode();
        let none = EptMapRequest { max_towers: 0, ..request(&tower) };
        let answer = association.call(&none).await.unwrap();
        assert_eq!(answer.get().unwrap().status, 0x16c9_a0d6);
        for nonsense in
            [request(&tower[..10]), request(&[]), EptMapRequest { map_tower: None, ..request(&[]) }]
        {
            let answer = association.call(&nonsense).await.unwrap();
            assert_eq!(answer.get().unwrap().status, 0x16c9_a0d6);
        }
        let entry_handle = EptLookupHandleT::new(cmrp::ndr::ContextHandle { attributes: 1, uuid: Ept::UUID });
        let freed = association.call(&EptLookupHandleFreeRequest { entry_handle }).await.unwrap();
        assert_eq!((freed.get().unwrap().entry_handle, freed.get().unwrap().status), (None, 0));
        // ept_insert and an operation that there is not.
        for (opnum, code) in [(0, 1745), (7, 1745)] {
            let fault = association.call_raw(opnum, &[], CallOptions::default()).await.unwrap_err();
            assert_eq!(fault.win32(), code);
        }
        let malformed = association.call_raw(3, &[1, 2, 3], CallOptions::default()).await.unwrap_err();
        assert_eq!(malformed.win32(), 1783);
    }
}

/// A client that knows a host and no port asks the mapper, and goes where that says.
#[tokio::test]
async fn hosts_without_a_port() {
    let target = Server::bind("127.0.0.1:0", Vec::new()).await.unwrap();
    let endpoint = Endpoint { interface: syntax::<Ept>(), address: target.local_addr() };
    let mapper = Server::bind("127.0.0.1:0", vec![endpoint]).await.unwrap();
    let options =
        Options::new(Protocol::V3).with_interface::<Ept>().with_endpoint_mapper(mapper.local_addr().port());
    for transfer in [Transfer::Ndr20, Transfer::Ndr64, Transfer::Either] {
        let association =
            Association::connect("127.0.0.1", &options.clone().with_transfer(transfer)).await.unwrap();
        assert_eq!(association.server(), target.local_addr());
    }
    let options = options.with_interface::<Clusapi3>();
    let unknown = Association::connect("127.0.0.1", &options).await.unwrap_err();
    assert!(matches!(unknown, ConnectError::NotRegistered));
}

/// Anybody may call an endpoint mapper, so that nobody gets much of it.
#[tokio::test]
async fn strangers_get_little() {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;

    let (_server, host) = mapper().await;
    let mut connections = Vec::new();
    for _ in 0..33 {
        connections.push(TcpStream::connect(&host).await.unwrap());
    }
    let mut last = connections.pop().unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), last.read(&mut [0])).await;
    assert!(matches!(ended, Ok(Ok(0) | Err(_))), "{ended:?}");
}
