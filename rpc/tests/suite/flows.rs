//! Connections that other programs had with each other.

use dcerpc_proto::Pdu;

/// One connection: its PDUs in the order of their capture.
pub(crate) struct Flow {
    pub(crate) pdus: Vec<Captured>,
}

/// One PDU.
pub(crate) struct Captured {
    pub(crate) is_from_client: bool,
    pub(crate) octets: Vec<u8>,
}

impl Captured {
    pub(crate) fn decode(&self) -> Pdu<'_> {
        Pdu::decode(&self.octets).unwrap()
    }
}

macro_rules! flows {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("data/flows/", $name, ".flows")).as_slice())),*]
    };
}

/// Flows without authentication, in a format that a server can read.
pub(crate) const READABLE: [(&str, &[u8]); 16] = flows![
    "rpcclient_epmapper_anon",
    "samba_fragments_anon",
    "samba_notify_v2_ndr20",
    "samba_notify_v2_ndr20be",
    "samba_notify_v2_ndr64",
    "samba_notify_v3_ndr20",
    "samba_notify_v3_ndr20be",
    "samba_notify_v3_ndr64",
    "scapy_notify_v2_ndr20",
    "scapy_notify_v2_ndr64",
    "scapy_notify_v3_ndr20",
    "scapy_notify_v3_ndr20be",
    "scapy_notify_v3_ndr64",
    "smbtorture_anon_ndr20be",
    "smbtorture_anon_ndr20le_dangerous",
    "smbtorture_anon_ndr64le",
];

/// NDR64 under a big-endian label, which nobody may send; and NTLM, which is not known.
pub(crate) const OTHERS: [(&str, &[u8]); 2] = flows!["smbtorture_anon_ndr64be", "smbtorture_ntlm_sign"];

/// The connections of a capture.
pub(crate) fn connections(mut octets: &[u8]) -> Vec<Flow> {
    let mut flows = Vec::new();
    while let [kind, low, high, rest @ ..] = octets {
        let (pdu, later) = rest.split_at(usize::from(u16::from_le_bytes([*low, *high])));
        octets = later;
        match kind {
            2 => flows.push(Flow { pdus: Vec::new() }),
            _ => flows
                .last_mut()
                .unwrap()
                .pdus
                .push(Captured { is_from_client: *kind == 0, octets: pdu.to_vec() }),
        }
    }
    flows
}
