//! What the wrapper promises. Where libndr is not installed there is nothing to test.

use cmrp::ndr::Format;
use cmrp_libndr::{Direction, Error, Parameters, Refusal, absence};

const CLOSE_CLUSTER: u16 = 1;
const OPEN_RESOURCE: u16 = 8;
const QUERY_VALUE: u16 = 34;

/// The string "Hi" as a parameter of a request.
const NAME: [u8; 18] = [3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, b'H', 0, b'i', 0, 0, 0];

fn is_here() -> bool {
    let required = std::env::var_os("CMRP_REQUIRE_LIBNDR").is_some();
    assert!(!required || absence().is_none(), "{absence:?}", absence = absence());
    absence().is_none()
}

#[test]
fn what_was_read_is_written() -> Result<(), Error> {
    if !is_here() {
        return Ok(());
    }
    let mut parameters = Parameters::new(OPEN_RESOURCE, Format::NDR20_LE)?;
    // The octets go before the value is written.
    let stub = NAME.to_vec();
    assert_eq!(parameters.fill(Direction::In, &stub)?, stub.len());
    drop(stub);
    let mut writer = parameters.writer()?;
    parameters.write(Direction::In, &mut writer)?;
    assert_eq!(writer.octets(), NAME);
    Ok(())
}

#[test]
fn formats_differ() -> Result<(), Error> {
    if !is_here() {
        return Ok(());
    }
    for (format, stub, length) in [
        (Format::NDR20_BE, &[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, b'A', 0, 0][..], 16),
        (
            Format::Ndr64,
            &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 65, 0, 0, 0],
            28,
        ),
    ] {
        let mut parameters = Parameters::new(OPEN_RESOURCE, format)?;
        assert_eq!(parameters.fill(Direction::In, stub)?, length);
        let mut writer = parameters.writer()?;
        parameters.write(Direction::In, &mut writer)?;
        assert_eq!(writer.octets(), stub);
    }
    Ok(())
}

#[test]
fn a_refusal_has_its_reason() {
    if !is_here() {
        return;
    }
    let read = |stub: &[u8]| {
        let mut parameters = Parameters::new(OPEN_RESOURCE, Format::NDR20_LE)?;
        parameters.fill(Direction::In, stub).map(|_| ())
    };
    assert_eq!(read(&NAME[..17]), Err(Error::Read(Refusal::BUFFER_SIZE)));
    let more_than_its_maximum = [&[2][..], &NAME[1..]].concat();
    assert_eq!(read(&more_than_its_maximum), Err(Error::Read(Refusal::ARRAY_SIZE)));
    assert_eq!(Parameters::new(184, Format::NDR20_LE).err(), Some(Error::UnknownOperation(184)));
}

/// A structure that was not read to its end may point anywhere.
#[test]
fn only_what_was_read_is_written() -> Result<(), Error> {
    if !is_here() {
        return Ok(());
    }
    let mut parameters = Parameters::new(OPEN_RESOURCE, Format::NDR20_LE)?;
    let mut writer = parameters.writer()?;
    assert_eq!(parameters.write(Direction::In, &mut writer), Err(Error::Nothing));
    parameters.fill(Direction::In, &NAME)?;
    assert_eq!(parameters.write(Direction::Out, &mut writer), Err(Error::Nothing));
    assert!(parameters.fill(Direction::In, &NAME[..9]).is_err());
    assert_eq!(parameters.write(Direction::In, &mut writer), Err(Error::Nothing));
    assert_eq!(parameters.refill().err(), Some(Error::Nothing));
    Ok(())
}

/// A request that asks for 64 MiB makes libndr allocate them at once.
#[test]
fn memory_is_bounded() {
    if !is_here() {
        return;
    }
    let request = |size: u32| [&[0; 20][..], &NAME, &[0; 2], &size.to_le_bytes()].concat();
    let read = |size: u32| {
        let mut parameters = Parameters::new(QUERY_VALUE, Format::NDR20_LE)?.with_memory(1 << 20)?;
        parameters.fill(Direction::In, &request(size)).map(|_| ())
    };
    assert_eq!(read(1000), Ok(()));
    assert_eq!(read(64 << 20), Err(Error::Read(Refusal::MEMORY)));
}

#[test]
fn a_stub_that_is_kept_is_read_again() -> Result<(), Error> {
    static STUB: [u8; 24] = [1; 24];
    if !is_here() {
        return Ok(());
    }
    let mut parameters = Parameters::new(CLOSE_CLUSTER, Format::NDR20_LE)?;
    parameters.keep(Direction::Out, &STUB)?;
    for _ in 0..3 {
        assert!(parameters.refill()? > 0);
    }
    let mut writer = parameters.copy()?.writer()?;
    parameters.copy()?.write(Direction::Out, &mut writer)?;
    assert_eq!(writer.octets(), STUB);
    Ok(())
}

/// libndr hangs the strings of a request on nothing where it has no context for them. 100,000 of them take more than ten
/// times what is allowed here.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_given_back() -> Result<(), Error> {
    if !is_here() {
        return Ok(());
    }
    let pages = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        statm.split(' ').nth(1).and_then(|resident| resident.parse::<u64>().ok()).unwrap_or_default()
    };
    let read = || {
        for stub in [&NAME[..], &NAME[..17]] {
            let mut parameters = Parameters::new(OPEN_RESOURCE, Format::NDR20_LE)?.with_memory(1 << 20)?;
            if parameters.fill(Direction::In, stub).is_ok() {
                parameters.write(Direction::In, &mut parameters.writer()?)?;
            }
        }
        Ok(())
    };
    (0..1000).try_for_each(|_| read())?;
    let before = pages();
    (0..100_000).try_for_each(|_| read())?;
    let grown = pages().saturating_sub(before);
    assert!(grown < 256, "{grown} pages");
    Ok(())
}
