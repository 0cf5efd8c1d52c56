"""The notification flow against a server, by a client that shares no code with it: scapy with scapy-rpc.

    python notify.py HOST PORT [--protocol 2|3] [--ndr64]

The server has the default cluster and answers anonymous calls. Each step that differs from what MS-CMRP says ends the
run with a message and exit code 1; else the last line counts the checks.
"""

import argparse
import logging
import os
import struct
import sys
import threading
import uuid

from scapy.config import conf
from scapy.layers.dcerpc import (
    DCE_RPC_INTERFACES,
    DCERPC_Transport,
    DceRpc5Bind,
    DceRpc5BindAck,
    DceRpc5Fault,
    DceRpc5Request,
    NDRContextHandle,
)
from scapy.layers.msrpce.rpcclient import DCERPC_Client
from msrpcs import ms_cmrp_clusapi2, ms_cmrp_clusapi3

# scapy-rpc leaves return values out of its responses, and warns of them.
logging.getLogger("scapy").setLevel(logging.ERROR)

CLUSAPI = uuid.UUID("b97db8b2-4c63-11cf-bff6-08002be23f2f")
MODULES = {2: ms_cmrp_clusapi2, 3: ms_cmrp_clusapi3}
NULL = bytes(20)

# Win32 codes (MS-ERREF 2.2) that the flow provokes.
ERROR_INVALID_FUNCTION = 0x1
ERROR_INVALID_HANDLE = 0x6
WAIT_TIMEOUT = 0x102
ERROR_NO_MORE_ITEMS = 0x103
ERROR_IO_PENDING = 0x3E5

# CLUSTER_CHANGE (MS-CMRP 2.2.2.7).
NODE_STATE = 0x1
REGISTRY_VALUE = 0x40
RESOURCE_STATE = 0x100
GROUP_STATE = 0x1000
GROUP_ADDED = 0x4000
NETWORK_PROPERTY = 0x800000
NETWORK_STATE = 0x100000
NETINTERFACE_PROPERTY = 0x8000000
NETINTERFACE_STATE = 0x1000000

CLUSCTL_NETINTERFACE_SET_COMMON_PROPERTIES = 0x0640005E

checks = 0


def check(what, is_so, seen=None):
    """Counts a check, or ends the run."""
    global checks
    checks += 1
    if not is_so:
        print(f"FAILED: {what}" + ("" if seen is None else f": {seen!r}"))
        sys.stdout.flush()
        # Threads that wait for the server must not keep the program.
        os._exit(1)


class Fault(Exception):
    """A fault PDU in place of a response."""

    def __init__(self, status):
        super().__init__(f"fault {status:#x}")
        self.status = status


class Client:
    """One connection, bound to the interface; `group` joins the association of another one."""

    def __init__(self, options, group=0):
        self.options = options
        self.module = MODULES[options.protocol]
        self.rpc = DCERPC_Client(
            DCERPC_Transport.NCACN_IP_TCP, ndr64=options.ndr64, verb=False
        )
        self.rpc.connect(options.host, port=options.port, timeout=30)
        self.stub = b""
        session = self.rpc.session
        in_pkt = session.in_pkt

        def keep_stub(pkt, *args, **kwargs):
            if conf.raw_layer in pkt.payload:
                self.stub = bytes(pkt.payload[conf.raw_layer])
            return in_pkt(pkt, *args, **kwargs)

        session.in_pkt = keep_stub
        self.bind(group)

    def bind(self, group):
        interface = next(
            known
            for (number, version), known in DCE_RPC_INTERFACES.items()
            if number == CLUSAPI and version & 0xFFFF == self.options.protocol
        )
        contexts = self.rpc._get_bind_context(interface)
        ack = self.rpc.sr1(DceRpc5Bind(context_elem=contexts, assoc_group_id=group))
        check("the server accepts the bind", DceRpc5BindAck in ack, ack.summary())
        accepted = self.rpc._check_bind_context(interface, ack.results)
        check("the server accepts a context", accepted, ack.results)
        check("the formats agree", self.rpc.session.ndr64 == self.options.ndr64)
        self.rpc.ndr64 = self.rpc.session.ndr64
        self.group = ack.assoc_group_id
        check("the association has a number", self.group != 0)
        check("the association was joined", group in (0, self.group), self.group)

    def call(self, name, **fields):
        """Makes a call. Gives what scapy makes of the response, and its raw stub."""
        request = getattr(self.module, f"{name}_Request")(**fields)
        response = self.rpc.sr1_req(request)
        if response is None:
            raise ConnectionError(f"no answer to {name}")
        if DceRpc5Fault in response:
            raise Fault(response[DceRpc5Fault].status)
        return response, self.stub

    def result(self, name, **fields):
        """The return value, which scapy-rpc leaves out: the last four octets."""
        _, stub = self.call(name, **fields)
        return struct.unpack("<I", stub[-4:])[0]

    def open(self, name, **fields):
        """The handle that an operation returns: the last 20 octets."""
        response, stub = self.call(name, **fields)
        status = next(
            (
                getattr(response, field)
                for field in ("Status", "lpStatus", "rpc_error")
                if hasattr(response, field)
            ),
            0,
        )
        check(f"{name} succeeds", status == 0, status)
        check(f"{name} yields a handle", stub[-20:] != NULL)
        return handle(stub[-20:])


def handle(octets):
    attributes, number = struct.unpack("<I16s", octets)
    return NDRContextHandle(attributes=attributes, uuid=number)


def text_of(stub, protocol, ndr64):
    """`Name` of an ApiGetNotify response, read by hand: after three numbers, a unique pointer to a string."""
    referent, counts = (16, 8) if ndr64 else (12, 4)
    size = "<Q" if ndr64 else "<I"
    if struct.unpack_from(size, stub, referent)[0] == 0:
        return None
    start = referent + counts
    actual = struct.unpack_from(size, stub, start + 2 * counts)[0]
    start += 3 * counts
    return stub[start : start + 2 * actual].decode("utf-16-le").rstrip("\0")


class Watcher:
    """A port and two connections of one association: one to wait on, one for everything else."""

    def __init__(self, options):
        self.options = options
        self.main = Client(options)
        self.waits = Client(options, self.main.group)
        self.port = self.main.open("ApiCreateNotify")

    def add(self, kind, parameter, target, events, key):
        """Adds a filter, and gives the state number that comes with it."""
        response, stub = self.main.call(
            f"ApiAddNotify{kind}",
            **{"hNotify": self.port, parameter: target, "dwFilter": events, "dwNotifyKey": key},
        )
        check(f"ApiAddNotify{kind} succeeds", stub[-4:] == bytes(4), stub)
        return getattr(response, "dwStateSequence", None)

    def add_key(self, target, events, key):
        filter_name = {2: "dwFilter", 3: "Filter"}[self.options.protocol]
        code = self.main.result(
            "ApiAddNotifyKey",
            **{
                "hNotify": self.port,
                "hKey": target,
                "dwNotifyKey": key,
                filter_name: events,
                "WatchSubTree": 0,
            },
        )
        check("ApiAddNotifyKey succeeds", code == 0, code)

    def get(self, port=None, timeout=20_000):
        """One ApiGetNotify, over the connection that may wait: code, key, events, state number, name."""
        fields = {"hNotify": port or self.port}
        if self.options.protocol == 2:
            fields["Timeout"] = timeout
        response, stub = self.waits.call("ApiGetNotify", **fields)
        code = struct.unpack("<I", stub[-4:])[0]
        key, events, sequence = struct.unpack_from("<III", stub)
        name = text_of(stub, self.options.protocol, self.options.ndr64)
        return code, key, events, sequence, name

    def get_later(self, **arguments):
        """The same in a thread: gives a function that waits for the outcome."""
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(self.get(**arguments)), daemon=True)
        thread.start()

        def wait():
            thread.join(20)
            check("a get call that waits is completed", outcome)
            return outcome[0]

        thread.join(0.3)
        check("a get call waits while there is nothing", not outcome, outcome)
        return wait


def event(what, seen, key, events, sequence, name):
    check(f"{what}: success", seen[0] == 0, seen)
    check(f"{what}: the key of the filter", seen[1] == key, seen)
    check(f"{what}: the event", seen[2] == events, seen)
    if sequence is not None:
        check(f"{what}: the state number", seen[3] == sequence, (seen, sequence))
    check(f"{what}: the name", seen[4] == name, seen)


def changed(code):
    """A change of state that was done, or is being done."""
    check("the change is accepted", code in (0, ERROR_IO_PENDING), code)


def description(text):
    """A property list (MS-CMRP 2.2.3.10) that sets `Description`."""

    def sz(syntax, value):
        octets = (value + "\0").encode("utf-16-le")
        return struct.pack("<II", syntax, len(octets)) + octets + bytes(-len(octets) % 4)

    return struct.pack("<I", 1) + sz(0x00040003, "Description") + sz(0x00010003, text) + bytes(4)


def flow(options):
    watcher = Watcher(options)
    other = Client(options)
    check("another client has another association", other.group != watcher.main.group)
    main = watcher.main

    cluster = main.open("ApiOpenCluster")
    resource = main.open("ApiOpenResource", lpszResourceName="Cluster Name")
    group = main.open("ApiOpenGroup", lpszGroupName="File Server")
    node = main.open("ApiOpenNode", lpszNodeName="node2")
    network = main.open("ApiOpenNetwork", lpszNetworkName="Cluster Network 1")
    interface = main.open("ApiOpenNetInterface", lpszNetInterfaceName="node1 - Ethernet")
    root = main.open("ApiGetRootKey", samDesired=0x20019)

    # Blocked on a port without filters, as in the example of MS-CMRP 4.3; filters come meanwhile.
    outcome = watcher.get_later()
    states = {
        "resource": watcher.add("Resource", "hResource", resource, RESOURCE_STATE, 11),
        "group": watcher.add("Group", "hGroup", group, GROUP_STATE, 12),
        "node": watcher.add("Node", "hNode", node, NODE_STATE, 13),
        "network": watcher.add("Network", "hNetwork", network, NETWORK_PROPERTY | NETWORK_STATE, 14),
        "interface": watcher.add(
            "NetInterface", "hNetInterface", interface, NETINTERFACE_PROPERTY | NETINTERFACE_STATE, 15
        ),
    }
    watcher.add_key(root, REGISTRY_VALUE, 16)
    watcher.add("Cluster", "hCluster", cluster, GROUP_ADDED, 17)

    # Each event is caused by the other client.
    theirs = other.open("ApiOpenResource", lpszResourceName="Cluster Name")
    changed(other.result("ApiOfflineResource", hResource=theirs))
    seen = outcome()
    check("the first state is told", seen[3] != states["resource"], seen)
    event("resource offline", seen, 11, RESOURCE_STATE, None, "Cluster Name")
    changed(other.result("ApiOnlineResource", hResource=theirs))
    last = watcher.get()
    event("resource online", last, 11, RESOURCE_STATE, None, "Cluster Name")
    check("each state has its own number", last[3] != seen[3], (last, seen))

    theirs = other.open("ApiOpenGroup", lpszGroupName="File Server")
    changed(other.result("ApiOfflineGroup", hGroup=theirs))
    event("group offline", watcher.get(), 12, GROUP_STATE, states["group"] + 1, "File Server")

    theirs = other.open("ApiOpenNode", lpszNodeName="node2")
    changed(other.result("ApiPauseNode", hNode=theirs))
    event("node paused", watcher.get(), 13, NODE_STATE, states["node"] + 1, "node2")
    changed(other.result("ApiResumeNode", hNode=theirs))
    event("node resumed", watcher.get(), 13, NODE_STATE, states["node"] + 2, "node2")

    theirs = other.open("ApiOpenNetwork", lpszNetworkName="Cluster Network 1")
    changed(other.result("ApiSetNetworkName", hNetwork=theirs, lpszNetworkName="Backbone"))
    event("network renamed", watcher.get(), 14, NETWORK_PROPERTY, None, "Backbone")
    changed(other.result("ApiSetNetworkName", hNetwork=theirs, lpszNetworkName="Cluster Network 1"))
    event("network named back", watcher.get(), 14, NETWORK_PROPERTY, None, "Cluster Network 1")

    theirs = other.open("ApiOpenNetInterface", lpszNetInterfaceName="node1 - Ethernet")
    code = other.result(
        "ApiNetInterfaceControl",
        hNetInterface=theirs,
        dwControlCode=CLUSCTL_NETINTERFACE_SET_COMMON_PROPERTIES,
        lpInBuffer=description(f"protocol {options.protocol}, ndr64 {options.ndr64}"),
        nOutBufferSize=0,
    )
    check("the property is set", code == 0, code)
    event("interface described", watcher.get(), 15, NETINTERFACE_PROPERTY, None, "node1 - Ethernet")

    theirs = other.open("ApiGetRootKey", samDesired=0x2001F)
    code = other.result("ApiSetValue", hKey=theirs, lpValueName="Note", dwType=3, lpData=b"\1\2\3\4")
    check("the value is set", code == 0, code)
    event("registry value", watcher.get(), 16, REGISTRY_VALUE, None, "")

    name = f"wurst{options.protocol}{int(options.ndr64)}"
    made = other.open("ApiCreateGroup", lpszGroupName=name)
    event("group added", watcher.get(), 17, GROUP_ADDED, None, name)
    force = {"force": 0} if options.protocol == 3 else {}
    code = other.result("ApiDeleteGroup", Group=made, **force)
    check("the group is deleted", code == 0, code)

    codes(watcher, main)


def codes(watcher, main):
    """Each code that ApiGetNotify can return, once."""
    protocol = watcher.options.protocol
    if protocol == 2:
        check("time-out", watcher.get(timeout=50)[0] == WAIT_TIMEOUT)

    outcome = watcher.get_later()
    code = main.result("ApiUnblockGetNotifyCall", hNotify=watcher.port)
    check("the port is unblocked", code == 0, code)
    check("an unblocked get call", outcome()[0] == ERROR_INVALID_FUNCTION)

    outcome = watcher.get_later()
    parameter = {2: "hNotify", 3: "Notify"}[protocol]
    _, stub = main.call("ApiCloseNotify", **{parameter: watcher.port})
    check("the port is closed", stub[-4:] == bytes(4), stub)
    check("the handle is null", stub[:20] == NULL, stub)
    code = outcome()[0]
    check("a get call whose port was closed", code in (ERROR_INVALID_FUNCTION, ERROR_NO_MORE_ITEMS), code)
    late = watcher.get()[0]
    check("a get call on a port that was closed", late == ERROR_NO_MORE_ITEMS, late)
    wrong = main.open("ApiOpenCluster")
    try:
        check("a get call on what is no port", watcher.get(port=wrong)[0] == ERROR_INVALID_HANDLE)
    except Fault as fault:
        check("a get call on what is no port", False, fault.status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--protocol", type=int, choices=(2, 3), default=3)
    parser.add_argument("--ndr64", action="store_true")
    options = parser.parse_args()
    flow(options)
    print(f"protocol {options.protocol}, {'NDR64' if options.ndr64 else 'NDR'}: {checks} checks passed")


if __name__ == "__main__":
    main()
