//! Refuses documents that nest so deeply that reading them, or only dropping what was read, would exhaust the stack.

/// The most tables and lists of a document that lie within each other. A recipe needs five.
pub const DEEPEST: usize = 64;

/// Checks that a TOML document nests its tables and lists at most [`DEEPEST`] deep, whether by brackets or by the dots of
/// keys, which the parser does not limit. The text need not be TOML otherwise.
///
/// # Errors
/// The byte at which it nests deeper, and what is wrong there.
pub fn check_depth(text: &str) -> Result<(), (usize, String)> {
    let bytes = text.as_bytes();
    // The depth that each open bracket returns to, the dots of the present key, and those of the last header.
    let mut open: Vec<usize> = Vec::new();
    let (mut within, mut dots, mut header) = (0, 0, 0);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += end_of_line(&bytes[at..]),
            quote @ (b'"' | b'\'') => {
                at += quoted(&bytes[at..], quote);
                continue;
            }
            b'[' if open.is_empty() && begins_line(&bytes[..at]) => {
                // A header: its dots count until the next one.
                let end = at + header_length(&bytes[at..]);
                header = dots_of(&bytes[at..end]);
                check(at, header)?;
                (at, dots) = (end, 0);
                continue;
            }
            b'[' | b'{' => {
                open.push(within);
                within += dots + 1;
                dots = 0;
            }
            b']' | b'}' => {
                within = open.pop().unwrap_or(0);
                dots = 0;
            }
            b'.' => dots += 1,
            b',' => dots = 0,
            b'\n' if open.is_empty() => dots = 0,
            _ => {}
        }
        check(at, header + within + dots)?;
        at += 1;
    }
    Ok(())
}

fn check(at: usize, depth: usize) -> Result<(), (usize, String)> {
    match depth > DEEPEST {
        true => Err((
            at,
            format!(
                "tables and lists within each other are more than {DEEPEST} deep; no setting lies so deep"
            ),
        )),
        false => Ok(()),
    }
}

/// Whether only blanks stand before on the line.
fn begins_line(before: &[u8]) -> bool {
    let mut letters = before.iter().rev().filter(|byte| !matches!(byte, b' ' | b'\t'));
    letters.next().is_none_or(|byte| *byte == b'\n')
}

/// Bytes up to the end of the line.
fn end_of_line(rest: &[u8]) -> usize {
    rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
}

/// Bytes of a header such as `[a.b]`; a bracket within quotes does not end it.
fn header_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\n' | b'#' => break,
            quote @ (b'"' | b'\'') => at += quoted(&rest[at..], quote),
            _ => at += 1,
        }
    }
    at
}

/// Dots outside quotes.
fn dots_of(header: &[u8]) -> usize {
    let (mut at, mut dots) = (0, 0);
    while at < header.len() {
        match header[at] {
            quote @ (b'"' | b'\'') => at += quoted(&header[at..], quote),
            byte => {
                dots += usize::from(byte == b'.');
                at += 1;
            }
        }
    }
    dots
}

/// Bytes of a text in quotes that begins here, of one line or of several.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let escapes = quote == b'"';
    let is_long = rest.len() >= 3 && rest[..3] == [quote; 3];
    let mut at = if is_long { 3 } else { 1 };
    while at < rest.len() {
        match rest[at] {
            b'\\' if escapes => at += 2,
            b'\n' if !is_long => return at,
            byte if byte == quote && !is_long => return at + 1,
            byte if byte == quote && rest[at..].starts_with(&[quote; 3]) => {
                // Up to two quotes may stand before the three that end it.
                let quotes = rest[at..].iter().take(5).take_while(|&&byte| byte == quote);
                return at + quotes.count();
            }
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_nest_deeply_are_refused_however_they_do_it() {
        let dots = |count: usize| vec!["a"; count].join(".");
        for (text, is_refused) in [
            (format!("{} = 1", dots(60)), false),
            (format!("{} = 1", dots(60_000)), true),
            (format!("[{}]\nx = 1", dots(60_000)), true),
            (format!("[[{}]]\nx = 1", dots(60_000)), true),
            (format!("[{}]\n{} = 1", dots(40), dots(40)), true),
            (format!("[{}]\n[{}]", dots(40), dots(40)), false),
            (format!("a = {}", "[".repeat(60_000)), true),
            (format!("a = {{ {} = {{ {} = 1 }} }}", dots(40), dots(40)), true),
            (format!("a = '{}'", ".".repeat(500)), false),
            (format!("a = \"\\\"{}\"", "[".repeat(500)), false),
            (format!("a = \"\"\"\n\"{}\n\"\"\"", ".".repeat(500)), false),
            (format!("a = '''\n{}\n'''\nb.c = 1", "{".repeat(500)), false),
            (format!("# {}\na = 1", ".".repeat(500)), false),
            (format!("a = [{}]", "1.5, ".repeat(500)), false),
            (format!("a = [\n{}]", "[1.5],\n".repeat(500)), false),
            ("a.b = 1\n".repeat(500), false),
        ] {
            let beginning: String = text.chars().take(40).collect();
            assert_eq!(check_depth(&text).is_err(), is_refused, "{beginning}");
        }
    }
}
