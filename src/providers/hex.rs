//! Bytes as hex digits, which most providers write their signatures in.

/// Two lower-case digits for each byte.
pub(super) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
