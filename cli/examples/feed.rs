//! The smallest network fuzzer: sends what `cmrp fuzz generate --pdu` made to a server on this computer, puts the
//! handles that the server really gave into later calls, and tells what became of each call.
//!
//! ```console
//! $ cmrp fuzz generate --pdu --sequence 20 --hostile 0.3 | cargo run -p cmrp-cli --example feed -- 127.0.0.1:49152
//! ```
//!
//! It connects to the loopback interface only. A server is only worth something if it survives this: at the end, the
//! example calls it once more.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use data_encoding::HEXLOWER;
use dcerpc_proto::stream::PduReader;
use dcerpc_proto::{Body, Pdu, PfcFlags, status};
use serde_json::Value;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Octets of a request PDU before its part of the stub (C706 12.6.4.9).
const HEADER: usize = 24;
/// Octets of a context handle (C706 Appendix N).
const HANDLE: usize = 20;

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Response(Vec<u8>),
    Fault(u32),
    /// Another PDU than one that answers a call.
    Other,
    Closed,
    Silence,
}

/// A connection, and what is left of what came over it.
struct Connection {
    stream: TcpStream,
    reader: PduReader,
    unread: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr, bind: &[u8]) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = Self { stream, reader: PduReader::new(), unread: Vec::new() };
        connection.stream.write_all(bind)?;
        let _ = connection.answer()?;
        Ok(connection)
    }

    fn call(&mut self, pdus: &[Vec<u8>]) -> Result<Outcome, Box<dyn Error>> {
        match pdus.iter().try_for_each(|pdu| self.stream.write_all(pdu)) {
            Ok(()) => self.answer(),
            Err(error) if is_closed(&error) => Ok(Outcome::Closed),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads PDUs until one is the last of an answer.
    fn answer(&mut self) -> Result<Outcome, Box<dyn Error>> {
        let mut stub = Vec::new();
        loop {
            let mut unread = self.unread.as_slice();
            let framed = self.reader.next(&mut unread)?.map(|framed| framed.octets.to_vec());
            self.unread = unread.to_vec();
            let Some(octets) = framed else {
                match self.receive() {
                    Ok(0) => return Ok(Outcome::Closed),
                    Ok(_) => continue,
                    Err(error) if is_closed(&error) => return Ok(Outcome::Closed),
                    Err(error) if is_silence(&error) => return Ok(Outcome::Silence),
                    Err(error) => return Err(error.into()),
                }
            };
            let pdu = Pdu::decode(&octets)?;
            match pdu.body {
                Body::Response(response) => stub.extend_from_slice(response.stub),
                Body::Fault(fault) => return Ok(Outcome::Fault(fault.status)),
                _ => return Ok(Outcome::Other),
            }
            if pdu.flags.contains(PfcFlags::LAST_FRAG) {
                return Ok(Outcome::Response(stub));
            }
        }
    }

    fn receive(&mut self) -> io::Result<usize> {
        let mut octets = [0; 8192];
        let count = self.stream.read(&mut octets)?;
        self.unread.extend(octets.iter().take(count));
        Ok(count)
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The octets of a member, which is text or a list of texts.
fn octets(value: &Value) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let decode = |text: &Value| Ok(HEXLOWER.decode(text.as_str().ok_or("not a text")?.as_bytes())?);
    texts.iter().map(decode).collect()
}

/// Puts the handles that the server gave into a request. Those that it refused to give stay made up.
fn put_handles(pdus: &mut [Vec<u8>], needs: &Value, responses: &BTreeMap<u64, Vec<u8>>) {
    let number = |need: &Value, name: &str| usize::try_from(need.get(name)?.as_u64()?).ok();
    for need in needs.as_array().into_iter().flatten() {
        let response = need.get("from").and_then(Value::as_u64).and_then(|from| responses.get(&from));
        let handle = response.zip(number(need, "at")).and_then(|(stub, at)| stub.get(at..)?.get(..HANDLE));
        let Some((handle, offset)) = handle.zip(number(need, "offset")) else { continue };
        let stub = pdus.iter_mut().flat_map(|pdu| pdu.iter_mut().skip(HEADER));
        stub.skip(offset).zip(handle).for_each(|(to, from)| *to = *from);
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(_) => "response".to_owned(),
        Outcome::Fault(code) => match status::name(*code) {
            Some(name) => format!("fault {name}"),
            None => format!("fault {code:#x}"),
        },
        Outcome::Other => "another PDU".to_owned(),
        Outcome::Closed => "connection closed".to_owned(),
        Outcome::Silence => "no answer".to_owned(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr =
        std::env::args().nth(1).ok_or("usage: feed ADDRESS:PORT < calls.jsonl")?.parse()?;
    if !address.ip().is_loopback() {
        return Err("this example connects to the loopback interface only".into());
    }
    let mut connection = None;
    let mut responses = BTreeMap::new();
    let mut tally: BTreeMap<(bool, String), u64> = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let call: Value = serde_json::from_str(&line?)?;
        let member = |name: &str| call.get(name).unwrap_or(&Value::Null);
        if let Some(bind) = call.get("bind") {
            connection = Some(Connection::open(address, &octets(bind)?.concat())?);
        }
        let Some(open) = &mut connection else { continue };
        let mut pdus = octets(member("pdus"))?;
        put_handles(&mut pdus, member("needs"), &responses);
        let outcome = open.call(&pdus)?;
        let is_broken = member("broken").as_array().is_some_and(|broken| !broken.is_empty());
        let count = tally.entry((is_broken, told(&outcome))).or_default();
        *count = count.saturating_add(1);
        match outcome {
            Outcome::Response(stub) => drop(responses.insert(member("number").as_u64().unwrap_or(0), stub)),
            // The rest of the sequence has nobody to go to, or would be taken for the answer to this call.
            Outcome::Closed | Outcome::Silence => connection = None,
            Outcome::Fault(_) | Outcome::Other => {}
        }
    }
    for ((is_broken, outcome), count) in tally {
        println!("{count:>6} {} {outcome}", if is_broken { "broken" } else { "valid " });
    }
    TcpStream::connect(address)?;
    println!("the server is still there");
    Ok(())
}
