//! A disk that fills up while an answer is on its way: the answer is kept.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use bowline_tests::program::{code_of, run};
use bowline_tests::wait::until;
use bowline_tests::{Agent, Home, Running};
use serde_json::{Value, json};

use crate::stage::{QUICK, account, connect, expect, play, post, practice, renewals, text};

/// A home whose data folder is a disk of one MiB, seen by the commands that [`SmallDisk::command`] makes. `None` where
/// this user may not mount.
struct SmallDisk {
    home: Home,
    holder: Running,
}

impl SmallDisk {
    fn new() -> Option<Self> {
        let home = Home::new();
        home.settings(&QUICK.replace("timeouts = [\"1s\"]\nconnect", "timeouts = [\"9s\"]\nconnect"));
        fs::create_dir(home.data()).expect("the home is writable");
        let mount = "mount -t tmpfs -o size=1m,mode=700 tmpfs \"$0\" && echo mounted && exec cat";
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c", mount]).arg(home.data());
        let may = run(Command::new("unshare").args(["--map-root-user", "--mount", "true"]));
        if may.code != 0 {
            return None;
        }
        let mut holder = Running::start("the small disk", unshare.stdin(Stdio::piped()));
        assert_eq!(holder.line(), "mounted");
        Some(Self { home, holder })
    }

    /// This command, where the small disk is seen.
    fn command(&self, plain: &Command) -> Command {
        let mut command = Command::new("nsenter");
        let target = self.holder.pid().to_string();
        command.args(["--preserve-credentials", "--user", "--mount", "--target", &target, "--"]);
        command.arg(plain.get_program()).args(plain.get_args()).current_dir(self.home.path());
        plain.get_envs().for_each(|(name, value)| match value {
            Some(value) => drop(command.env(name, value)),
            None => drop(command.env_remove(name)),
        });
        command
    }

    fn agent(&self) -> Agent {
        Agent::start_by(&mut self.command(&self.home.command(&["agent", "--headless"])))
    }

    fn sh(&self, script: &str) {
        let mut plain = Command::new("sh");
        plain.args(["-c", script]).arg(self.home.data());
        run(&mut self.command(&plain)).expect_code(0);
    }

    fn fill(&self) {
        self.sh("cat /dev/zero > \"$0/fill\" 2>/dev/null || true");
    }

    fn make_room(&self) {
        self.sh("rm \"$0/fill\"");
    }
}

#[test]
fn p1_a_renewal_that_comes_back_to_a_full_disk_survives_the_agents_end() {
    let Some(disk) = SmallDisk::new() else { return };
    let provider = practice(&disk.home, &["--rotate"]);
    let agent = disk.agent();
    let owner = agent.socket();
    let id = text(&connect(&owner, "practice", &["--user", "ana"])["id"]);
    let before = renewals(&provider.door());
    play(&provider.door(), &json!({"fail": ["token=slow:1500"]}));
    let refreshing = std::thread::spawn({
        let (owner, path) = (agent.socket(), format!("/v1/accounts/{id}/refresh"));
        move || post(&owner, &path, &Value::Null)
    });
    until("the request is at the provider", Duration::from_secs(10), || {
        (renewals(&provider.door()) > before).then_some(())
    });
    disk.fill();
    let answer = refreshing.join().expect("it is asked");
    assert!([200, 507].contains(&answer.status), "{}", answer.text());
    assert_eq!(code_of(agent.stop()), 0, "the answer is on disk");
    disk.make_room();
    let agent = disk.agent();
    let owner = agent.socket();
    play(&provider.door(), &json!({"fail": []}));
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null));
    let account = account(&owner, &id);
    assert_eq!(account["status"], "healthy", "{account}");
}
