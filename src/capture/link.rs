//! Parses frames down to TCP segments and UDP datagrams.

use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

use super::file::Frame;

/// One end of a connection: address and port.
pub type End = (IpAddr, u16);

/// The content of a frame.
pub struct Packet<'a> {
    /// The sender.
    pub from: End,
    /// The receiver.
    pub to: End,
    /// The payload, as far as it was captured.
    pub payload: &'a [u8],
    /// The length of the payload on the wire.
    pub wire: usize,
    /// The TCP header fields; `None` for UDP.
    pub tcp: Option<Tcp>,
}

/// The header fields of a segment.
#[derive(Clone, Copy, Debug)]
pub struct Tcp {
    /// The sequence number of the first byte, or of SYN.
    pub seq: u32,
    /// The next byte that the sender expects, if it is set.
    pub ack: Option<u32>,
    /// Whether the sender opens the connection.
    pub syn: bool,
    /// Whether the sender has no more to send, or resets the connection.
    pub ends: bool,
}

/// Link types (tcpdump.org/linktypes.html).
mod linktype {
    pub const NULL: i32 = 0;
    pub const ETHERNET: i32 = 1;
    pub const RAW: [i32; 3] = [12, 14, 101];
    pub const LOOP: i32 = 108;
    pub const LINUX_SLL: i32 = 113;
    pub const IPV4: i32 = 228;
    pub const IPV6: i32 = 229;
    pub const LINUX_SLL2: i32 = 276;
}

/// Parses the headers of a frame; `None` if it contains neither TCP nor UDP, or is too short.
pub fn packet<'a>(frame: &Frame<'a>) -> Option<Packet<'a>> {
    let bytes = frame.bytes;
    let cut = usize::try_from(frame.wire).ok()?.saturating_sub(bytes.len());
    let sliced = match frame.link {
        linktype::ETHERNET => LaxSlicedPacket::from_ethernet(bytes).ok()?,
        linktype::LINUX_SLL => after(bytes, 14, 16)?,
        linktype::LINUX_SLL2 => after(bytes, 0, 20)?,
        linktype::NULL | linktype::LOOP => LaxSlicedPacket::from_ip(bytes.get(4..)?).ok()?,
        linktype::IPV4 | linktype::IPV6 => LaxSlicedPacket::from_ip(bytes).ok()?,
        link if linktype::RAW.contains(&link) => LaxSlicedPacket::from_ip(bytes).ok()?,
        _ => return None,
    };
    let (from, to, ip) = match sliced.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            // Large segments that the network card splits have no length in their header.
            let stated = header.total_len().checked_sub(u16::from(header.ihl()) * 4);
            let addresses = (header.source_addr().into(), header.destination_addr().into());
            (addresses.0, addresses.1, (stated, ip.payload()))
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            // Extension headers come between the header and the part whose length it states.
            let own = usize::from(header.payload_length());
            let extensions = ip.extensions().slice().len();
            let stated = own.checked_sub(extensions).and_then(|len| u16::try_from(len).ok());
            let stated = stated.filter(|_| own > 0);
            let addresses = (header.source_addr().into(), header.destination_addr().into());
            (addresses.0, addresses.1, (stated, ip.payload()))
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let (stated, ip) = ip;
    if ip.fragmented {
        return None;
    }
    let on_wire = stated.map_or(ip.payload.len() + cut, usize::from);
    match sliced.transport.as_ref()? {
        TransportSlice::Tcp(tcp) => {
            let payload = tcp.payload();
            let wire = on_wire.saturating_sub(tcp.header_slice().len()).max(payload.len());
            let (syn, ends) = (tcp.syn(), tcp.fin() || tcp.rst());
            let ack = tcp.ack().then(|| tcp.acknowledgment_number());
            let header = Tcp { seq: tcp.sequence_number(), ack, syn, ends };
            let (from, to) = ((from, tcp.source_port()), (to, tcp.destination_port()));
            Some(Packet { from, to, payload, wire, tcp: Some(header) })
        }
        TransportSlice::Udp(udp) => {
            let payload = udp.payload();
            let wire = usize::from(udp.length()).saturating_sub(8).max(payload.len());
            let (from, to) = ((from, udp.source_port()), (to, udp.destination_port()));
            Some(Packet { from, to, payload, wire, tcp: None })
        }
        _ => None,
    }
}

/// Parses what follows the header of a cooked capture, whose protocol field is at a given offset.
fn after(bytes: &[u8], protocol: usize, header: usize) -> Option<LaxSlicedPacket<'_>> {
    let kind = bytes.get(protocol..protocol + 2)?;
    let kind = EtherType(u16::from_be_bytes([kind[0], kind[1]]));
    Some(LaxSlicedPacket::from_ether_type(kind, bytes.get(header..)?))
}
