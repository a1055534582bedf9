use serde_json::{Value, json};

use crate::fake::{Fake, ok};

fn check(id: &str, ok: bool, level: &str, fix: Option<&str>) -> Value {
    json!({"id": id, "ok": ok, "level": level, "message": "So it is.", "fix": fix})
}

#[test]
fn the_doctor_exits_0_only_when_all_is_well() {
    for (checks, exit) in [
        (vec![check("clock", true, "ok", None), check("proxy", true, "warning", Some("look"))], 0),
        (vec![check("clock", true, "ok", None), check("dns", false, "error", Some("mend it"))], 1),
    ] {
        let fake = Fake::with([("GET /v1/doctor", ok(json!({"checks": checks})))]);
        assert_eq!(fake.run("bowline doctor").status, exit);
        assert_eq!(fake.run("bowline doctor --json").json(), json!({"checks": checks}));
    }
}

#[test]
fn r51_each_check_has_a_mark_and_each_trouble_a_fix() {
    let checks = [
        check("clock", true, "ok", Some("hidden")),
        check("notifications", true, "warning", Some("turn them on")),
        check("dns", false, "error", Some("mend it")),
    ];
    let ran = Fake::with([("GET /v1/doctor", ok(json!({"checks": checks})))]).run("bowline doctor");
    assert_eq!(
        ran.stdout,
        "✓ clock         So it is.\n! notifications So it is.\n  → turn them on\n✗ dns           So it is.\n  → mend it\n"
    );
}

#[test]
fn one_account_is_looked_at_when_named() {
    let fake = Fake::with([("GET /v1/doctor", ok(json!({"checks": []})))]);
    fake.run("bowline doctor work");
    assert_eq!(fake.asked(), ["GET /v1/doctor?account=work"]);
}

#[test]
fn an_agent_that_cannot_start_is_a_finding_and_a_forbidden_start_is_exit_8() {
    let ran = Fake::absent().run("bowline doctor --json");
    assert_eq!((ran.status, &ran.json()["checks"][0]["id"]), (1, &json!("agent")));
    assert_eq!(ran.json()["checks"][0]["fix"], "mend it");
    assert_eq!(Fake::absent().run("bowline doctor --no-autostart").status, 8);
}

#[test]
fn stop_never_starts_an_agent_and_waits_until_one_is_gone() {
    let ran = Fake::absent().run("bowline stop");
    assert!(ran.status == 8 && ran.stderr.contains("isn't running"), "{ran:?}");
}
