//! Handles and checks for methods that the embedding program serves.

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol::{V2, V3};
use cmrp_port::server::{AssociationId, Opened};

use crate::harness::both;

#[test]
fn d23_a_handle_keeps_a_number_for_the_program() {
    both(|bench| {
        let (mine, key) = (bench.caller.association, Object::new(ObjectKind::Key, "Software"));
        let handle = bench.server.open_with(mine, bench.protocol, &key, Access::All, 0x2_0019).unwrap();
        let plain = bench.server.open(mine, bench.protocol, &key, Access::All).unwrap();
        let of =
            |server: &cmrp_port::server::Server, handle| match server.lookup(mine, bench.protocol, handle) {
                Some(Opened::Object { object, detail, .. }) => Some((object.clone(), detail)),
                _ => None,
            };
        assert_eq!(of(&bench.server, handle), Some((key.clone(), 0x2_0019)));
        assert_eq!(of(&bench.server, plain), Some((key.clone(), 0)));
        bench.server.rename(ObjectKind::Key, "Software", "Hardware");
        let renamed = Object::new(ObjectKind::Key, "Hardware");
        assert_eq!(of(&bench.server, handle), Some((renamed.clone(), 0x2_0019)));
        assert_eq!(bench.server.lookup(AssociationId(2), bench.protocol, handle), None);
        assert_eq!(bench.server.close(mine, bench.protocol, handle, ObjectKind::Key), Some(renamed));
        assert_eq!(of(&bench.server, handle), None);
        let port = bench.port();
        assert_eq!(bench.server.lookup(mine, bench.protocol, port), Some(Opened::Port));
    });
}

#[test]
fn d23_handles_of_the_programs_own_are_of_another_kind() {
    both(|bench| {
        let mine = bench.caller.association;
        let handle = bench.server.open_foreign(mine, bench.protocol, 7).unwrap();
        let found = bench.server.lookup(mine, bench.protocol, handle);
        assert_eq!(found, Some(Opened::Foreign { detail: 7 }));
        assert!(bench.server.object(mine, bench.protocol, handle).is_none());
        assert_eq!(bench.server.close(mine, bench.protocol, handle, ObjectKind::Key), None);
        let unblocked = bench.call(107, |stub| stub.handle(handle));
        assert_eq!(bench.result(unblocked), 6);
        assert_eq!(bench.server.close_foreign(AssociationId(2), bench.protocol, handle), None);
        assert_eq!(bench.server.close_foreign(mine, bench.protocol, handle), Some(7));
        assert_eq!(bench.server.close_foreign(mine, bench.protocol, handle), None);
        bench.limit(|limits| limits.handles_per_association = 2);
        let first = bench.server.open_foreign(mine, bench.protocol, 1);
        let second = bench.server.open_foreign(mine, bench.protocol, 2);
        let third = bench.server.open_foreign(mine, bench.protocol, 3);
        assert_eq!((first.is_ok(), second.is_ok(), third), (true, true, Err(8)));
        bench.disconnect(1);
        assert_eq!((bench.server.statistics().handles, bench.server.statistics().associations), (0, 0));
    });
}

#[test]
fn d24_the_check_of_a_call_is_the_servers_own() {
    use ServerState::{None as Nothing, ReadOnly, ReadWrite, ShuttingDown, Stopped};
    both(|bench| {
        let (all, read) = (Some(Access::All), Some(Access::Read));
        let cases = [
            (ReadWrite, all, V3, ReadWrite, Access::All, None),
            (ReadWrite, read, V3, ReadWrite, Access::All, Some(5)),
            (ReadWrite, read, V3, ReadOnly, Access::Read, None),
            (ReadWrite, read, V2, ReadOnly, Access::Read, Some(5)),
            (ReadOnly, all, V3, ReadWrite, Access::All, Some(70)),
            (ReadOnly, read, V3, ReadWrite, Access::All, Some(70)),
            (ReadOnly, all, V3, ReadOnly, Access::Read, None),
            (Nothing, all, V3, ReadOnly, Access::Read, Some(70)),
            (Nothing, None, V3, ReadOnly, Access::Read, Some(5)),
            (ShuttingDown, all, V2, ReadOnly, Access::Read, Some(0x45B)),
            (ShuttingDown, all, V3, ReadOnly, Access::Read, Some(0x13D1)),
            (Stopped, all, V3, ReadOnly, Access::Read, Some(0x13D0)),
            (Stopped, all, V3, Stopped, Access::Read, None),
            (Nothing, None, V3, Stopped, Access::Read, Some(5)),
        ];
        for (state, held, protocol, needs, level, expected) in cases {
            bench.server.set_state(state);
            let refusal = bench.server.refusal(held, protocol, needs, level);
            assert_eq!(refusal, expected, "{state:?} {held:?} {protocol:?} {needs:?} {level:?}");
        }
    });
}
