//! What lies on the disk and is not as it should be: foreign, damaged, newer, read-only, edited well and badly. The
//! agent says what and where, changes nothing that it does not understand, and what is good goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Home};
use serde_json::{Value, json};

use crate::stage::{
    QUICK, Stage, connect, expect, expect_problem, get, post, practice, quick_home, text, until_status,
};

/// A home in which an account was connected, its agent ended.
fn lived_in() -> (Home, PathBuf) {
    let home = quick_home();
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    assert_eq!(agent.stop().code(), Some(0));
    drop(provider);
    let vault = home.data().join("vault.db");
    (home, vault)
}

/// The agent refuses to start: exit 1, one sentence that names the file, and no byte of it changed.
#[track_caller]
fn assert_refused(home: &Home, file: &Path, words: &str) {
    let before = fs::read(file).unwrap_or_default();
    let ran = home.run(&["agent", "--headless"]).expect_code(1);
    assert!(ran.stderr.contains(&file.display().to_string()), "{ran:?}");
    assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    assert_eq!(ran.stdout, "");
    assert_eq!(fs::read(file).unwrap_or_default(), before, "nothing was changed");
    // a command that would start it says the same
    let told = home.run(&["accounts"]);
    assert!(told.code != 0 && told.stderr.contains(&file.display().to_string()), "{told:?}");
}

#[test]
fn e31_garbage_in_the_vaults_place_is_refused_and_kept() {
    let (home, vault) = lived_in();
    fs::write(&vault, vec![0xa5; 8192]).expect("it is ours");
    assert_refused(&home, &vault, "not a Bowline vault");
}

#[test]
fn e31_an_empty_file_in_the_vaults_place_is_refused_and_kept() {
    let (home, vault) = lived_in();
    fs::write(&vault, "").expect("it is ours");
    assert_refused(&home, &vault, "empty");
}

#[test]
fn e31_a_folder_in_the_vaults_place_is_refused_and_kept() {
    let (home, vault) = lived_in();
    fs::remove_file(&vault).expect("it is ours");
    fs::create_dir(&vault).expect("it is ours");
    assert_refused(&home, &vault, "not a file");
    assert!(vault.is_dir());
}

#[test]
fn e31_a_vault_that_was_deleted_is_not_replaced_by_an_empty_one_and_a_new_start_has_its_way() {
    let (home, vault) = lived_in();
    for part in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        let _ = fs::remove_file(home.data().join(part));
    }
    let ran = home.run(&["agent", "--headless"]).expect_code(1);
    for part in [&*vault.display().to_string(), "held a vault before", "your last copy", "move"] {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    assert!(!vault.exists(), "nothing was made in its place");
    home.run(&["accounts"]).expect_code(8);
    fs::rename(home.data(), home.path().join("data.old")).expect("the home is writable");
    Agent::start(&home).stop();
    assert!(vault.exists(), "to begin anew is a person's own act");
}

#[test]
fn e22_a_settings_file_that_is_a_pipe_or_has_no_end_does_not_keep_the_agent_from_starting() {
    let home = quick_home();
    let settings = home.config().join("settings.toml");
    let pipe: fn(&Path) = |path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let endless: fn(&Path) = |path| std::os::unix::fs::symlink("/dev/zero", path).expect("a link");
    for make in [pipe, endless] {
        fs::remove_file(&settings).expect("it is ours");
        make(&settings);
        let agent = Agent::start(&home);
        let problems = expect(200, &get(&agent.socket(), "/v1/settings"))["problems"].clone();
        assert!(text(&problems[0]["problem"]).contains("not a file"), "{problems}");
        agent.stop();
    }
}

#[test]
fn e18_a_start_that_fails_at_its_last_step_ends_as_any_other_and_leaves_no_key_behind() {
    let home = quick_home();
    let card = home.path().join("run/agent.json");
    fs::create_dir_all(&card).expect("the home is writable");
    let ran = home.run(&["agent", "--headless"]).expect_code(1);
    assert!(ran.stderr.contains("agent.json"), "{ran:?}");
    assert!(!home.path().join("run/owner.key").exists(), "a key that opens nothing lies there");
    assert!(!home.socket().exists());
    fs::remove_dir(&card).expect("it is ours");
    Agent::start(&home).stop();
}

#[test]
fn e31_another_programs_database_is_refused_and_kept() {
    let (home, vault) = lived_in();
    fs::remove_file(&vault).expect("it is ours");
    sqlite(&vault, "CREATE TABLE foreign_table (x); INSERT INTO foreign_table VALUES (1);");
    assert_refused(&home, &vault, "another program");
}

#[test]
fn o13_a_newer_schema_is_refused_with_both_numbers() {
    let (home, vault) = lived_in();
    let known = sqlite(&vault, "PRAGMA user_version;");
    sqlite(&vault, "PRAGMA user_version = 99;");
    assert_refused(&home, &vault, "99");
    let ran = home.run(&["agent", "--headless"]);
    assert!(ran.stderr.contains(known.trim()), "{known}: {ran:?}");
}

/// Changes a database as another program would: Python's own SQLite.
fn sqlite(file: &Path, statements: &str) -> String {
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n\
        for s in [s for s in sys.argv[2].split(';') if s.strip()]:\n\tfor row in c.execute(s): print(*row)\n\
        c.commit(); c.close()";
    let mut command = Command::new("python3");
    bowline_tests::program::run(command.args(["-c", script]).arg(file).arg(statements)).expect_code(0).stdout
}

#[test]
fn e18_a_read_only_vault_is_named_and_kept() {
    let (home, vault) = lived_in();
    let before = fs::read(&vault).expect("it is ours");
    fs::set_permissions(&vault, PermissionsExt::from_mode(0o400)).expect("it is ours");
    let plain = home.command(&["agent", "--headless"]);
    let mut command = Command::new("sh");
    // root writes where it likes, but not on a read-only mount; that one is seen by this command alone
    let mount =
        "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$0\" agent --headless";
    let script = match nix::unistd::getuid().is_root() {
        true => format!("exec unshare --mount sh -c '{mount}' \"$0\" \"$1\""),
        false => "exec \"$0\" agent --headless".to_owned(),
    };
    command.args(["-c", &script]).arg(plain.get_program()).arg(&vault).current_dir(home.path());
    plain.get_envs().for_each(|(name, value)| match value {
        Some(value) => drop(command.env(name, value)),
        None => drop(command.env_remove(name)),
    });
    let ran = bowline_tests::program::run(&mut command);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains(&vault.display().to_string()) && ran.stderr.contains("read-only"), "{ran:?}");
    assert_eq!(fs::read(&vault).expect("it is ours"), before);
}

#[test]
fn a_data_folder_that_others_can_write_is_refused() {
    let (home, _) = lived_in();
    for mode in [0o770, 0o702, 0o777] {
        fs::set_permissions(home.data(), PermissionsExt::from_mode(mode)).expect("it is ours");
        let ran = home.run(&["agent", "--headless"]).expect_code(1);
        assert!(
            ran.stderr.contains(&home.data().display().to_string()) && ran.stderr.contains("chmod"),
            "{ran:?}"
        );
        assert_eq!(
            fs::metadata(home.data()).expect("it is there").permissions().mode() & 0o777,
            mode,
            "left as it is"
        );
    }
    fs::set_permissions(home.data(), PermissionsExt::from_mode(0o700)).expect("it is ours");
    Agent::start(&home).stop();
}

#[test]
fn r70_f12_one_damaged_row_is_one_accounts_trouble() {
    let home = quick_home();
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let ids: Vec<String> = (0..4)
        .map(|n| text(&connect(&owner, "practice", &["--user", &format!("person {n}")])["id"]))
        .collect();
    agent.stop();
    damage_tokens(&home.data().join("vault.db"), &ids[2]);
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let refused = get(&owner, &format!("/v1/accounts/{}/token", ids[2]));
    let problem = expect_problem(409, "reconnect_required", &refused);
    assert_eq!(problem["reason"], "token_corrupted", "{problem}");
    until_status(&owner, &ids[2], "needs_reconnect", Some("token_corrupted"));
    for id in [&ids[0], &ids[1], &ids[3]] {
        expect(200, &get(&owner, &format!("/v1/accounts/{id}/token")));
    }
    assert_eq!(expect(200, &get(&owner, "/v1/accounts"))["accounts"].as_array().map(Vec::len), Some(4));
    drop(provider);
}

/// Overwrites every sealed value of this account's rows with zeros, in whichever tables they are.
fn damage_tokens(vault: &Path, id: &str) {
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nn=0\n\
        for (t,) in c.execute(\"SELECT name FROM sqlite_master WHERE type='table'\").fetchall():\n\
        \tcolumns=c.execute(f'PRAGMA table_info({t})').fetchall()\n\
        \tkey=[k[1] for k in columns if k[1] in ('account','account_id') or (t=='accounts' and k[1]=='id')]\n\
        \tfor k in columns:\n\
        \t\tif key and k[2]=='BLOB': n+=c.execute(f'UPDATE {t} SET {k[1]}=zeroblob(length({k[1]})) '\
        f'WHERE {key[0]}=? AND {k[1]} IS NOT NULL',(sys.argv[2],)).rowcount\nc.commit()\nprint(n)";
    let mut command = Command::new("python3");
    let ran = bowline_tests::program::run(command.args(["-c", script]).arg(vault).arg(id)).expect_code(0);
    assert!(ran.stdout.trim().parse::<u32>().is_ok_and(|rows| rows > 0), "sealed values of {id}: {ran:?}");
}

#[test]
fn o31_a_changed_entry_of_the_trail_shows() {
    let (home, vault) = lived_in();
    home.run(&["log", "verify"]).expect_code(0);
    home.run(&["stop"]).expect_code(0);
    let bytes = fs::read(&vault).expect("it is ours");
    let tables = sqlite(&vault, "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE '%audit%'");
    let table =
        tables.lines().next().unwrap_or_else(|| panic!("a table of the trail: {} bytes", bytes.len()));
    let columns = sqlite(
        &vault,
        &format!("SELECT name FROM pragma_table_info('{table}') WHERE type IN ('BLOB','TEXT')"),
    );
    let column = columns.lines().next_back().expect("a column");
    let one = format!(
        "UPDATE {table} SET {column} = zeroblob(length({column})) WHERE rowid = (SELECT min(rowid) FROM {table})"
    );
    let other =
        format!("UPDATE {table} SET {column} = 'changed' WHERE rowid = (SELECT min(rowid) FROM {table})");
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\ntry: c.execute(sys.argv[2])\n\
        except sqlite3.Error: c.execute(sys.argv[3])\nc.commit()";
    let mut command = Command::new("python3");
    bowline_tests::program::run(command.args(["-c", script]).arg(&vault).args([one, other])).expect_code(0);
    let ran = home.run(&["log", "verify"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("changed"), "{ran:?}");
}

#[test]
fn o22_edited_settings_take_effect_within_two_seconds_and_a_bad_edit_keeps_the_last_good_ones() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let setting = |owner: &Door| expect(200, &get(owner, "/v1/settings"))["connect"]["timeout"].clone();
    assert_eq!(setting(&owner), "5m");
    within_two_seconds(
        "the edit",
        || home.settings(&format!("{QUICK}[refresh]\nmargin = \"1m\"\n")),
        || expect(200, &get(&owner, "/v1/settings"))["refresh"]["margin"] == "1m",
    );
    for (bad, field) in [
        ("[refresh]\nmargin = \"soon\"\n", "refresh.margin"),
        ("[refresh]\nmargn = \"2m\"\n", "refresh.margn"),
        ("[refresh\nmargin = \"2m\"\n", ""),
    ] {
        within_two_seconds(
            "the bad edit is told",
            || home.settings(bad),
            || {
                let problems = expect(200, &get(&owner, "/v1/settings"))["problems"].clone();
                problems[0]["line"].is_u64() && (field.is_empty() || problems[0]["field"] == field)
            },
        );
        assert_eq!(
            expect(200, &get(&owner, "/v1/settings"))["refresh"]["margin"],
            "1m",
            "the last good one: {bad}"
        );
    }
    let log = fs::read_to_string(home.path().join("logs/agent.log")).expect("a log");
    assert!(log.contains("settings.toml") && log.contains("last good"), "{log}");
    within_two_seconds(
        "the mended file",
        || home.settings("[refresh]\nmargin = \"3m\"\n"),
        || {
            let now = expect(200, &get(&owner, "/v1/settings"));
            now["refresh"]["margin"] == "3m" && now["problems"].as_array().is_none_or(Vec::is_empty)
        },
    );
}

#[track_caller]
fn within_two_seconds(what: &str, change: impl FnOnce(), mut seen: impl FnMut() -> bool) {
    change();
    let began = Instant::now();
    until(what, Duration::from_secs(10), || seen().then_some(()));
    assert!(began.elapsed() <= Duration::from_secs(2), "{what} took {:?}", began.elapsed());
}

fn acme(name: &str, rest: &str) -> String {
    format!(
        "id = \"acme\"\nname = \"{name}\"\nissuer = \"https://id.acme.example\"\n[client]\nid = \"x\"\n{rest}"
    )
}

#[test]
fn e21_e22_edited_provider_files_take_effect_and_a_bad_one_harms_no_other() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let name_of = |id: &str| {
        let all = expect(200, &get(&owner, "/v1/providers"));
        let found = all["providers"].as_array().into_iter().flatten().find(|p| p["id"] == id).cloned();
        found.map(|p| text(&p["name"]))
    };
    assert_eq!(name_of("acme"), None);
    within_two_seconds(
        "a new file",
        || home.provider("acme", &acme("Acme", "")),
        || name_of("acme").is_some(),
    );
    within_two_seconds(
        "an edit",
        || home.provider("acme", &acme("Acme Two", "")),
        || name_of("acme").as_deref() == Some("Acme Two"),
    );
    let bad = [
        (acme("Acme", "").replace("\"x\"", "\"\""), "client.id"),
        (acme("Acme", "").replace("[client]", "scopes = \"a\"\n[client]"), "scopes"),
        (acme("Acme", "").replace("[client]", "scopes = [1]\n[client]"), "scopes"),
        (acme("Acme", "redirct = \"http://127.0.0.1:1/x\"\n"), "client.redirct"),
        (acme("Acme", "").replace("https://", "http://"), "issuer"),
    ];
    for (text_of_file, field) in bad {
        within_two_seconds(
            field,
            || home.provider("acme", &text_of_file),
            || {
                let problems = expect(200, &get(&owner, "/v1/providers"))["problems"].clone();
                problems.as_array().into_iter().flatten().any(|p| p["field"] == field && p["line"].is_u64())
            },
        );
        assert_eq!(name_of("acme").as_deref(), Some("Acme Two"), "the last good one goes on: {field}");
        assert_eq!(name_of("google").as_deref(), Some("Google"), "the others go on");
        let checked = home.run(&["providers", "check", "config/providers/acme.toml"]).expect_code(2);
        assert!(checked.stderr.contains("line") && checked.stderr.contains(field), "{checked:?}");
    }
    let suggestion = home.run(&["providers", "check", "config/providers/acme.toml", "--json"]).json();
    assert_eq!(suggestion["ok"], false);
}

#[test]
fn o22_a_mended_client_id_is_used_by_the_next_sign_in_without_a_restart() {
    let stage = Stage::new(&[]);
    let file = |client: &str| {
        format!(
            "id = \"mine\"\nname = \"Mine\"\nissuer = \"{}\"\nscopes = [\"openid\", \"offline_access\"]\n[client]\nid = \"{client}\"\n",
            stage.practice.issuer
        )
    };
    stage.home.provider("mine", &file("unknown-client"));
    let client_of = || {
        let body = json!({"provider": "mine", "flow": "browser", "open_browser": false});
        let answer = post(&stage.owner(), "/v1/connect", &body);
        let begun = (answer.status == 200).then(|| answer.json())?;
        // each holds a port as long as it waits
        crate::stage::delete(&stage.owner(), &format!("/v1/connect/{}", text(&begun["attempt"])));
        Some(crate::stage::param(&text(&begun["authorize_url"]), "client_id"))
    };
    until("the file is taken up", PATIENCE, || client_of().filter(|id| id == "unknown-client"));
    within_two_seconds(
        "the mended id",
        || stage.home.provider("mine", &file("another-client")),
        || client_of().as_deref() == Some("another-client"),
    );
}

#[test]
fn e18_e64_a_full_disk_leaves_living_tokens_served_and_loses_no_answer() {
    let home = quick_home();
    let provider = practice(&home, &["--access-ttl", "10m", "--rotate"]);
    // no file can grow beyond its limit; the signal that goes with it would end the agent where a full disk does not
    let plain = home.command(&["agent", "--headless"]);
    let mut command = Command::new("env");
    command
        .arg("--ignore-signal=XFSZ")
        .arg(plain.get_program())
        .args(["agent", "--headless"])
        .current_dir(home.path());
    plain.get_envs().for_each(|(name, value)| match value {
        Some(value) => drop(command.env(name, value)),
        None => drop(command.env_remove(name)),
    });
    let agent = Agent::start_by(&mut command);
    let owner = agent.socket();
    let id = text(&connect(&owner, "practice", &[])["id"]);
    let limit = |size: &str| {
        let pid = agent.pid().to_string();
        let ran = bowline_tests::program::run(Command::new("prlimit").args([
            "--pid",
            &pid,
            &format!("--fsize={size}:"),
        ]));
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    let token = |owner: &Door| get(owner, &format!("/v1/accounts/{id}/token"));
    let before = text(&expect(200, &token(&owner))["access_token"]);
    limit("0");
    assert_eq!(expect(200, &token(&owner))["access_token"], before.as_str(), "e18: what lives is served");
    let refused = post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    let problem = expect_problem(507, "storage_error", &refused);
    assert!(text(&problem["detail"]).contains("vault.db"), "{problem}");
    assert_eq!(expect(200, &get(&owner, "/v1/health"))["status"], "ok");
    let asked = crate::stage::renewals(&provider.door());
    limit("unlimited");
    let after = until("the answer is on disk after all", Duration::from_secs(15), || {
        let now = token(&owner);
        (now.status == 200)
            .then(|| text(&now.json()["access_token"]))
            .filter(|now| asked == 0 || *now != before)
    });
    assert_eq!(crate::stage::renewals(&provider.door()), asked, "saved, not asked for again");
    assert_eq!(agent.stop().code(), Some(0));
    let agent = Agent::start(&home);
    assert_eq!(expect(200, &token(&agent.socket()))["access_token"], after.as_str());
}
