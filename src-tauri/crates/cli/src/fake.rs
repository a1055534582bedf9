//! A stand-in for the agent: a socket that gives canned answers and remembers what it was asked.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

use bowline_base::Wall;
use bowline_wire::Paths;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::exit::Exit;
use crate::print::Out;
use crate::world::World;

/// What a route answers: its answers in order, the last one again and again.
#[derive(Clone)]
pub(crate) enum Reply {
    Json(u16, Value),
    /// A text.
    Text(&'static str),
    /// These frames, and then silence until the reader goes away.
    Events(String),
}

pub(crate) struct Fake {
    pub folder: tempfile::TempDir,
    pub paths: Paths,
    asked: Arc<Mutex<Vec<String>>>,
    /// Makes the world in which a command is run.
    pub shape: fn(&mut World<'_>),
    pub input: &'static str,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The objects on stdout, one a line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }
}

/// The time at which every test's commands are run.
pub(crate) fn now() -> Wall {
    Wall::parse("2026-11-20T11:00:00Z").unwrap()
}

pub(crate) fn ok(body: Value) -> Vec<Reply> {
    vec![Reply::Json(200, body)]
}

pub(crate) fn refused(code: bowline_wire::Code, change: impl FnOnce(&mut Value)) -> Reply {
    let problem = bowline_wire::Problem::new(code, format!("What {} means here.", code.as_str()));
    let mut body = serde_json::to_value(problem).unwrap();
    change(&mut body);
    Reply::Json(code.status(), body)
}

impl Fake {
    /// No agent at all.
    pub(crate) fn absent() -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        Fake { folder, paths, asked: Arc::default(), shape: |_| (), input: "" }
    }

    /// An agent with these routes, each `METHOD path`, without the query.
    pub(crate) fn with<const N: usize>(routes: [(&str, Vec<Reply>); N]) -> Fake {
        let fake = Fake::absent();
        std::fs::create_dir_all(&fake.paths.run).unwrap();
        let listener = UnixListener::bind(fake.paths.socket()).unwrap();
        let routes: HashMap<String, Vec<Reply>> = routes.into_iter().map(|(k, v)| (k.into(), v)).collect();
        let (routes, asked) = (Arc::new(Mutex::new(routes)), Arc::clone(&fake.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (routes, asked) = (Arc::clone(&routes), Arc::clone(&asked));
                std::thread::spawn(move || while serve(&stream, &routes, &asked).is_some() {});
            }
        });
        fake
    }

    /// What was asked, each `METHOD target body`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Runs a command line, split at spaces.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_args(line.split(' ').map(OsString::from).collect())
    }

    pub(crate) fn run_args(&self, typed: Vec<OsString>) -> Ran {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = {
            let mut world = World::new(Out::new(&mut stdout, &mut stderr), self.paths.clone());
            world.input = Box::new(Cursor::new(self.input));
            world.now = now;
            world.terminal = |_| Err(std::io::ErrorKind::NotFound.into());
            world.start =
                |_| Err(Failure::new(Exit::Unexpected, "no_agent", "It cannot be started.", "mend it"));
            world.watch = |_, _| ();
            (self.shape)(&mut world);
            crate::run(typed, &mut world)
        };
        Ran { status, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
    }
}

fn serve(
    mut stream: &UnixStream,
    routes: &Mutex<HashMap<String, Vec<Reply>>>,
    asked: &Mutex<Vec<String>>,
) -> Option<()> {
    let (target, body) = read(stream)?;
    let route = target.split('?').next().unwrap_or_default().to_owned();
    asked.lock().unwrap().push(format!("{target} {body}").trim().to_owned());
    let reply = next(&mut routes.lock().unwrap(), &route);
    match reply {
        Reply::Json(status, body) => {
            let text = body.to_string();
            let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", text.len());
            stream.write_all((head + &text).as_bytes()).ok()
        }
        Reply::Text(text) => {
            let head = format!("HTTP/1.1 200 x\r\nContent-Length: {}\r\n\r\n", text.len());
            stream.write_all((head + text).as_bytes()).ok()
        }
        Reply::Events(frames) => {
            let head = "HTTP/1.1 200 x\r\nContent-Length: 1000000\r\n\r\n";
            stream.write_all(format!("{head}{frames}").as_bytes()).ok()?;
            while stream.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
            None
        }
    }
}

fn next(routes: &mut HashMap<String, Vec<Reply>>, route: &str) -> Reply {
    let Some(replies) = routes.get_mut(route) else {
        return Reply::Json(
            404,
            json!({"type": "x", "title": "x", "status": 404, "code": "not_found",
            "detail": format!("The test has no answer to {route}.")}),
        );
    };
    if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() }
}

fn read(stream: &UnixStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|n| *n > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let target = first.rsplit_once(' ')?.0.to_owned();
    Some((target, String::from_utf8(body).ok()?))
}

/// An account as the agent gives it, with these fields changed.
pub(crate) fn account(change: Value) -> Value {
    let mut account = json!({
        "id": "acc_1", "provider": "google", "subject": "1", "label": "work", "username": "ana@example.com",
        "display_name": "Ana Lima", "avatar_url": null, "status": "healthy", "reason": null,
        "message": "Connected. Renews by itself.", "action": null,
        "scopes": {"requested": ["a"], "granted": ["a"], "missing": []},
        "forecast": {"ends_at": null, "basis": null, "because": null},
        "fallback": null, "standing_in": null, "paused": false,
        "access_expires_at": "2026-11-20T12:00:00Z", "grant_expires_at": null, "refreshable": true,
        "next_refresh_at": "2026-11-20T11:55:00Z", "last_refresh": null,
        "connected_at": "2026-11-01T12:00:00Z", "reconnected_at": null
    });
    for (key, value) in change.as_object().unwrap() {
        account[key] = value.clone();
    }
    account
}

/// A token as the agent gives it.
pub(crate) fn token(text: &str) -> Value {
    json!({
        "access_token": text, "token_type": "Bearer", "expires_at": "2026-11-20T12:00:00Z", "expires_in": 3600,
        "scopes": ["a"], "account": "acc_1", "provider": "google", "source": "oauth",
        "use": {"header": "Authorization", "scheme": "Bearer", "api_base": null, "tenant": null}
    })
}
