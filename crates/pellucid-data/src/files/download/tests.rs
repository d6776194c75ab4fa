//! Tests of downloads against a local server that imitates the failures of real servers.

use std::io::{BufRead, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;
use crate::files::idx::tests::{gzip, idx_file};
use std::io::BufReader;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// The file, or the range of it that is asked for.
    Serve,
    /// The file whole, whatever range is asked for.
    IgnoreRange,
    /// As `Serve`, but the connection closes after so many bytes of the body.
    CutAfter(usize),
    /// As `CutAfter`, and without a word about the length.
    CutSilentlyAfter(usize),
    /// As `CutAfter`, but the connection stays open and silent.
    StallAfter(usize),
    /// Range not satisfiable, if a range is asked for.
    RefuseRange,
    /// A range that begins elsewhere than asked for.
    WrongRange,
    /// Other bytes in place of the file.
    Other(Vec<u8>),
    /// Only this status.
    Status(u16),
}

/// A request's path and, where there is one, the offset of its range.
pub(crate) type Request = (String, Option<usize>);

/// Serves `files` by name; the nth request gets the nth reply, all further ones the last.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(files: Vec<(String, Vec<u8>)>, replies: Vec<Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/mnist/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (files, seen) = (Arc::new(files), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let count = seen.lock().unwrap().len();
                let reply = replies[count.min(replies.len() - 1)].clone();
                let (files, seen) = (Arc::clone(&files), Arc::clone(&seen));
                // A client may hang up early, which is nothing to the server.
                thread::spawn(move || answer(stream, &files, &reply, &seen));
            }
        });
        Server { address, requests }
    }

    pub(crate) fn offsets(&self) -> Vec<Option<usize>> {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .map(|(_, offset)| *offset)
            .collect()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &[(String, Vec<u8>)],
    reply: &Reply,
    seen: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut head = BufReader::new(stream.try_clone()?).lines();
    let first = head.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut asked = None;
    for line in head {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            asked = range.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    seen.lock().unwrap().push((path.clone(), asked));

    let Some((_, file)) = files.iter().find(|(name, _)| path == format!("/mnist/{name}")) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let file = if let Reply::Other(bytes) = reply {
        bytes
    } else {
        file
    };
    let offset = match reply {
        Reply::IgnoreRange => None,
        Reply::WrongRange => asked.map(|_| 1),
        _ => asked,
    };
    let (status, offset) = match (reply, offset) {
        (Reply::Status(status), _) => (*status, file.len()),
        (Reply::RefuseRange, Some(_)) => (416, file.len()),
        (_, Some(offset)) if offset >= file.len() => (416, file.len()),
        (_, Some(offset)) => (206, offset),
        (_, None) => (200, 0),
    };
    let body = &file[offset..];
    let kept = match reply {
        Reply::CutAfter(kept) | Reply::CutSilentlyAfter(kept) | Reply::StallAfter(kept) => {
            &body[..body.len().min(*kept)]
        }
        _ => body,
    };
    write!(stream, "HTTP/1.1 {status} Whatever\r\nConnection: close\r\n")?;
    if !matches!(reply, Reply::CutSilentlyAfter(_)) {
        write!(stream, "Content-Length: {}\r\n", body.len())?;
    }
    if status == 206 {
        write!(
            stream,
            "Content-Range: bytes {offset}-{}/{}\r\n",
            file.len() - 1,
            file.len()
        )?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(kept)?;
    if matches!(reply, Reply::StallAfter(_)) {
        thread::sleep(10 * STALL_NOTICED_AFTER);
    }
    Ok(())
}

const STALL_NOTICED_AFTER: Duration = Duration::from_millis(500);

/// An agent that no proxy of the environment comes between.
pub(crate) fn direct_agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .timeout_per_read(Some(STALL_NOTICED_AFTER))
        .build()
        .into()
}

/// An address of this machine without a listener.
pub(crate) fn deserted_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/mnist", listener.local_addr().unwrap())
}

/// 200 images of 20 x 20 pixels that hardly pack, so that a packed file has a middle to be cut in.
fn sample() -> Vec<u8> {
    let mut state = 1_u32;
    let noise = (0..80_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    idx_file(&[200, 20, 20], &noise.collect::<Vec<u8>>())
}

struct Trial {
    folder: tempfile::TempDir,
    unpacked: Vec<u8>,
    packed: Vec<u8>,
    sha256: String,
    reports: Vec<(u64, Option<u64>)>,
}

impl Trial {
    fn new() -> Trial {
        let unpacked = sample();
        Trial {
            folder: tempfile::tempdir().unwrap(),
            packed: gzip(&unpacked),
            sha256: hexadecimal(&Sha256::digest(&unpacked)),
            unpacked,
            reports: Vec::new(),
        }
    }

    fn server(&self, replies: &[Reply]) -> Server {
        Server::start(
            vec![("sample.gz".to_owned(), self.packed.clone())],
            replies.to_vec(),
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn leave_part(&self, bytes: &[u8]) {
        fs::write(self.path("sample.gz.part"), bytes).unwrap();
    }

    fn run(&mut self, mirrors: &[&str]) -> Result<(), Vec<String>> {
        let known = KnownFile {
            name: "sample",
            bytes: self.unpacked.len() as u64,
            sha256: &self.sha256,
            xxh64: twox_hash::XxHash64::oneshot(0, &self.unpacked),
        };
        let mirrors: Vec<String> = mirrors.iter().map(|&mirror| mirror.to_owned()).collect();
        let reports = &mut self.reports;
        let mut report = |progress: DownloadProgress<'_>| {
            assert_eq!(progress.file, "sample.gz");
            reports.push((progress.bytes, progress.total));
        };
        download(&direct_agent(), known, &mirrors, self.folder.path(), &mut report).unwrap()
    }

    fn assert_kept(&self) {
        assert!(fs::read(self.path("sample")).unwrap() == self.unpacked);
        assert_eq!(
            fs::read_dir(self.folder.path()).unwrap().count(),
            1,
            "only the file itself is left"
        );
    }

    fn assert_not_kept(&self) {
        assert!(!self.path("sample").exists());
    }
}

#[test]
fn a_whole_file_is_fetched_verified_and_kept_unpacked() {
    let mut trial = Trial::new();
    let server = trial.server(&[Reply::Serve]);
    trial.run(&[&server.address]).unwrap();
    trial.assert_kept();
    let total = trial.packed.len() as u64;
    assert_eq!(trial.reports.first(), Some(&(0, Some(total))));
    assert_eq!(trial.reports.last(), Some(&(total, Some(total))));
    assert!(trial.reports.is_sorted());
    assert_eq!(
        *server.requests.lock().unwrap(),
        [("/mnist/sample.gz".to_owned(), None)]
    );
}

#[test]
fn a_cut_connection_is_continued_where_it_broke() {
    for cut in [Reply::CutAfter(30_000), Reply::CutSilentlyAfter(30_000)] {
        let mut trial = Trial::new();
        let server = trial.server(&[cut.clone(), cut, Reply::Serve]);
        trial.run(&[&server.address]).unwrap();
        trial.assert_kept();
        assert_eq!(server.offsets(), [None, Some(30_000), Some(60_000)]);
        let total = trial.packed.len() as u64;
        assert_eq!(trial.reports.last(), Some(&(total, Some(total))));
    }
}

#[test]
fn the_part_of_an_earlier_run_is_continued() {
    let mut trial = Trial::new();
    trial.leave_part(&trial.packed[..50_000]);
    let server = trial.server(&[Reply::Serve]);
    trial.run(&[&server.address]).unwrap();
    trial.assert_kept();
    assert_eq!(server.offsets(), [Some(50_000)]);
    assert_eq!(trial.reports[0].0, 50_000);
}

#[test]
fn a_complete_part_of_an_earlier_run_needs_no_network() {
    let mut trial = Trial::new();
    trial.leave_part(&trial.packed);
    trial.run(&[]).unwrap();
    trial.assert_kept();
}

#[test]
fn a_server_that_ignores_or_refuses_ranges_is_asked_for_the_whole() {
    for (reply, offsets) in [
        (Reply::IgnoreRange, vec![Some(50_000)]),
        (Reply::RefuseRange, vec![Some(50_000), None]),
        (Reply::WrongRange, vec![Some(50_000), None]),
    ] {
        let mut trial = Trial::new();
        trial.leave_part(&trial.packed[..50_000]);
        let server = trial.server(&[reply]);
        trial.run(&[&server.address]).unwrap();
        trial.assert_kept();
        assert_eq!(server.offsets(), offsets);
    }
}

#[test]
fn a_part_that_turns_out_wrong_is_begun_anew() {
    // One that is seen to be wrong at once, and one that only the end gives away.
    let mut trial = Trial::new();
    trial.leave_part(b"<html>Please log in</html>");
    let server = trial.server(&[Reply::Serve]);
    trial.run(&[&server.address]).unwrap();
    trial.assert_kept();
    assert_eq!(server.offsets(), [None]);

    let mut trial = Trial::new();
    let mut other = sample();
    other[20_000] ^= 1;
    trial.leave_part(&gzip(&other)[..50_000]);
    let server = trial.server(&[Reply::Serve]);
    trial.run(&[&server.address]).unwrap();
    trial.assert_kept();
    assert_eq!(server.offsets(), [Some(50_000), None]);
}

#[test]
fn other_contents_are_refused_with_both_hashes() {
    let mut trial = Trial::new();
    let mut other = sample();
    other[20_000] ^= 1;
    let server = trial.server(&[Reply::Other(gzip(&other))]);
    let attempts = trial.run(&[&server.address]).unwrap_err();
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].contains(&trial.sha256), "{attempts:?}");
    assert!(
        attempts[0].contains(&hexadecimal(&Sha256::digest(&other))),
        "{attempts:?}"
    );
    assert_eq!(server.offsets().len(), 1);
    trial.assert_not_kept();
}

#[test]
fn more_bytes_than_the_file_can_have_are_not_waited_for() {
    let mut trial = Trial::new();
    let server = trial.server(&[Reply::Other(vec![1; 10 << 20])]);
    let attempts = trial.run(&[&server.address]).unwrap_err();
    assert!(attempts[0].contains("not the published file"), "{attempts:?}");
    assert!(trial.reports.last().unwrap().0 < 1 << 20);
    trial.assert_not_kept();
}

#[test]
fn the_next_mirror_serves_where_one_does_not() {
    let mut trial = Trial::new();
    let empty = Server::start(Vec::new(), vec![Reply::Serve]);
    let broken = trial.server(&[Reply::Status(503)]);
    let wrong = trial.server(&[Reply::Other(b"<html>Please log in</html>".to_vec())]);
    let server = trial.server(&[Reply::Serve]);
    let unreachable = deserted_address();
    let mirrors = [
        &unreachable,
        &empty.address,
        &broken.address,
        &wrong.address,
        &server.address,
    ];
    trial.run(&mirrors.map(String::as_str)).unwrap();
    trial.assert_kept();
    assert_eq!(
        [empty, broken, wrong, server].map(|server| server.offsets().len()),
        [1; 4]
    );
}

#[test]
fn a_mirror_continues_what_another_began() {
    let mut trial = Trial::new();
    let first = trial.server(&[Reply::CutAfter(40_000), Reply::Status(500)]);
    let second = trial.server(&[Reply::Serve]);
    trial.run(&[&first.address, &second.address]).unwrap();
    trial.assert_kept();
    assert_eq!(second.offsets(), [Some(40_000)]);
}

#[test]
fn without_a_server_each_mirror_is_reported_with_its_reason_and_the_part_stays() {
    let mut trial = Trial::new();
    trial.leave_part(&trial.packed[..50_000]);
    let empty = Server::start(Vec::new(), vec![Reply::Serve]);
    let unreachable = deserted_address();
    let attempts = trial.run(&[&unreachable, &empty.address]).unwrap_err();
    assert_eq!(attempts.len(), 2);
    assert!(
        attempts[0].starts_with(&unreachable) && attempts[0].to_lowercase().contains("refused"),
        "{attempts:?}"
    );
    assert!(
        attempts[1].ends_with("there is no such file (HTTP status 404)"),
        "{attempts:?}"
    );
    assert_eq!(length(&trial.path("sample.gz.part")), 50_000);
    trial.assert_not_kept();
}

#[test]
fn a_server_that_always_breaks_off_at_the_same_place_is_given_up() {
    let mut trial = Trial::new();
    let server = trial.server(&[Reply::CutAfter(10_000), Reply::CutAfter(0)]);
    let attempts = trial.run(&[&server.address]).unwrap_err();
    assert!(
        attempts[0].contains("the connection broke after 10000 bytes"),
        "{attempts:?}"
    );
    assert_eq!(server.offsets(), [None, Some(10_000)]);
}

#[test]
fn a_server_that_falls_silent_is_not_waited_for() {
    let mut trial = Trial::new();
    let server = trial.server(&[Reply::StallAfter(30_000), Reply::Serve]);
    let started = Instant::now();
    trial.run(&[&server.address]).unwrap();
    trial.assert_kept();
    assert_eq!(server.offsets(), [None, Some(30_000)]);
    assert!(
        started.elapsed() < 8 * STALL_NOTICED_AFTER,
        "it waited until the server hung up"
    );
}

#[test]
fn a_server_that_speaks_no_tls_is_refused_over_https() {
    let mut trial = Trial::new();
    let server = trial.server(&[Reply::Serve]);
    let attempts = trial
        .run(&[&server.address.replace("http:", "https:")])
        .unwrap_err();
    assert!(attempts[0].starts_with("https://127.0.0.1"), "{attempts:?}");
    trial.assert_not_kept();
}
