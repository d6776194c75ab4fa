//! Serves a few resources to this machine by HTTP/1.1.
//!
//! A connection has one request. What asks by another name than that of this machine is refused, so that no page of the Web can
//! read a user's table by a name that it lets point here.

use anyhow::{Context, Result};
use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes of a request.
const LONGEST_REQUEST: usize = 16 * 1024;
/// The most header fields of a request.
const MOST_FIELDS: usize = 64;
/// How long a request may take to arrive, and a part of an answer to leave.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections at a time. A browser opens six.
const MOST_CONNECTIONS: usize = 32;

/// What has an address.
#[derive(Debug)]
pub(super) struct Resource {
    path: &'static str,
    content_type: &'static str,
    bytes: Cow<'static, [u8]>,
}

impl Resource {
    pub(super) fn new(path: &'static str, content_type: &'static str, bytes: Cow<'static, [u8]>) -> Self {
        Self {
            path,
            content_type,
            bytes,
        }
    }
}

/// A server, which answers until the process ends.
#[derive(Debug)]
pub(super) struct Server {
    port: u16,
}

struct Shared {
    port: u16,
    resources: Vec<Resource>,
    connections: AtomicUsize,
}

impl Server {
    /// Listens on a port of the loopback interface; 0 is a free one.
    pub(super) fn start(port: u16, resources: Vec<Resource>) -> Result<Self> {
        let cannot = || match port {
            0 => "cannot serve the page".to_owned(),
            port => format!("cannot serve the page at port {port}; leave --port out for a free one"),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(cannot)?;
        let port = listener.local_addr().with_context(cannot)?.port();
        let shared = Arc::new(Shared {
            port,
            resources,
            connections: AtomicUsize::new(0),
        });
        let thread = thread::Builder::new().name("server".into());
        thread
            .spawn(move || accept(&listener, &shared))
            .with_context(cannot)?;
        Ok(Self { port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // The process has too many open files, or the client is gone.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        if shared.connections.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let of_thread = Arc::clone(shared);
        let answered = thread::Builder::new().spawn(move || {
            // A client that goes away needs no answer.
            let _ = answer(stream, &of_thread);
            of_thread.connections.fetch_sub(1, Ordering::SeqCst);
        });
        if answered.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = receive(&mut stream)?;
    let answer = reply(&request, shared);
    let body = answer
        .resource
        .map_or(answer.status.as_bytes(), |found| &found.bytes);
    let content_type = answer
        .resource
        .map_or("text/plain; charset=utf-8", |found| found.content_type);
    let allowed = if answer.status == NOT_ALLOWED {
        "Allow: GET, HEAD\r\n"
    } else {
        ""
    };
    let head = format!(
        "HTTP/1.1 {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{allowed}Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n",
        answer.status,
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if answer.with_body {
        stream.write_all(body)?;
    }
    finish(&mut stream)
}

/// Reads what is left of a request: closing before that would take the answer away from the client.
fn finish(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut rest = io::Read::take(stream, 4 * LONGEST_REQUEST as u64);
    io::copy(&mut rest, &mut io::sink()).map(|_| ())
}

/// The bytes of a request, up to the end of its header fields.
fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let until = Instant::now() + PATIENCE;
    let mut request = Vec::new();
    let mut part = [0; 2048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < LONGEST_REQUEST {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            read => request.extend_from_slice(&part[..read]),
        }
    }
    Ok(request)
}

const OK: &str = "200 OK";
const BAD_REQUEST: &str = "400 Bad Request";
const NOT_FOUND: &str = "404 Not Found";
const NOT_ALLOWED: &str = "405 Method Not Allowed";
const OTHER_NAME: &str = "421 Misdirected Request";

struct Answer<'a> {
    status: &'static str,
    resource: Option<&'a Resource>,
    with_body: bool,
}

fn reply<'a>(request: &[u8], shared: &'a Shared) -> Answer<'a> {
    let refused = |status| Answer {
        status,
        resource: None,
        with_body: true,
    };
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) | Err(_) => return refused(BAD_REQUEST),
    }
    let mut hosts = parsed
        .headers
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("host"));
    let names = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", shared.port));
    let is_ours = |value: &[u8]| names.iter().any(|name| value == name.as_bytes());
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_ours(host.value) => {}
        (Some(_), None) => return refused(OTHER_NAME),
        _ => return refused(BAD_REQUEST),
    }
    let with_body = match parsed.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return refused(NOT_ALLOWED),
    };
    let path = parsed.path.unwrap_or_default();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let found = shared.resources.iter().find(|resource| resource.path == path);
    Answer {
        status: if found.is_some() { OK } else { NOT_FOUND },
        resource: found,
        with_body,
    }
}
