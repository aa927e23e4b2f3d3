//! User and password in a URL or a connection string: `scheme://user:password@host`, also percent-encoded as a whole.

use std::ops::Range;

use memchr::memmem;

/// How long a login may be that is looked for.
const LONGEST: usize = 2_048;

pub(super) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    for (begins, at) in [(&b"://"[..], &b"@"[..]), (b"%3A%2F%2F", b"%40"), (b"%3a%2f%2f", b"%40")] {
        if memmem::find(text, at).is_some() {
            found.extend(memmem::find_iter(text, begins).filter_map(|scheme| login(text, scheme + begins.len(), at)));
        }
    }
}

/// The login that begins here, up to the last `@` before the URL's end: a password may hold one itself.
fn login(text: &[u8], start: usize, at: &[u8]) -> Option<Range<usize>> {
    let rest = &text[start..text.len().min(start + LONGEST)];
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b',' | 0);
    let url = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let user = &url[..memmem::rfind(url, at)?];
    let masked = user == super::MASK.as_bytes();
    (!user.is_empty() && !masked && is_login(user)).then(|| start..start + user.len())
}

/// Whether what stands before an `@` is a login and not host and path: `https://host/@user` is none. A password has no right to
/// hold a slash and may all the same, so that what follows a `:` and is no port number counts as one.
fn is_login(user: &[u8]) -> bool {
    let head = &user[..user.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(user.len())];
    if head.len() == user.len() {
        return true;
    }
    // The colons of an IPv6 address are none of a login.
    let colon = if head.starts_with(b"[") { None } else { head.iter().position(|byte| *byte == b':') };
    colon.is_some_and(|colon| !head[colon + 1..].iter().all(u8::is_ascii_digit))
}
