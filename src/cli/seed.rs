//! Seeds as they are given.

/// A number, or hexadecimal digits of which the first 16 count.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("a seed is a number or hexadecimal digits".to_string());
    }
    let first = &digits[..digits.len().min(16)];
    u64::from_str_radix(first, 16).map_err(|error| error.to_string())
}
