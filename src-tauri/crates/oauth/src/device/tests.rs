use bowline_base::Clock;
use bowline_base::time::HandClock;
use http::HeaderMap;
use serde_json::json;

use super::*;
use crate::provider::Origin;
use crate::transport::Sent;

const SECOND: Duration = Duration::from_secs(1);

fn endpoint_at(host: &str) -> Url {
    Url::parse(&format!("{host}/device")).unwrap()
}

fn read(answer: Value) -> Option<DeviceCodes> {
    codes(answer.as_object().unwrap(), &endpoint_at("https://id.acme.example"))
}

fn whole() -> Value {
    json!({"device_code": "secret-code", "user_code": "WDJB-MJHT", "verification_uri": "https://acme.example/device",
        "verification_uri_complete": "https://acme.example/device?user_code=WDJB-MJHT", "expires_in": 1800, "interval": 7})
}

fn said(word: &str) -> Failure {
    let body = json!({ "error": word }).to_string();
    let provider = Provider::empty(bowline_base::ProviderId::parse("acme").unwrap(), Origin::Issuer);
    failure::sort(400, &HeaderMap::new(), body.as_bytes(), &provider, Wall::from_unix_ms(0))
}

fn silence(kind: FailureKind) -> Failure {
    Failure { sent: Sent::Maybe, ..Failure::new(kind) }
}

fn waiting() -> (Polling, Instant) {
    let now = HandClock::at(Wall::from_unix_ms(0)).instant();
    (Polling::new(&read(whole()).unwrap(), now), now)
}

#[test]
fn the_standards_own_answer_is_read() {
    let codes = read(whole()).unwrap();
    assert_eq!(codes.device_code().expose(), "secret-code");
    assert_eq!(codes.user_code.secret(), "WDJB-MJHT");
    assert_eq!(codes.verification_uri.as_str(), "https://acme.example/device");
    assert!(codes.verification_uri_complete.is_some());
    assert_eq!((codes.expires_in, codes.interval), (SECOND * 1800, SECOND * 7));
    assert!(!format!("{codes:?}").contains("secret-code"), "8628-4");
}

#[test]
fn what_is_left_out_has_a_usual_value_and_what_is_too_much_is_cut() {
    let with = |change: fn(&mut Map<String, Value>)| {
        let mut answer = whole();
        change(answer.as_object_mut().unwrap());
        read(answer)
    };
    assert_eq!(with(|a| drop(a.remove("interval"))).unwrap().interval, SECOND * 5, "8628-2");
    assert_eq!(with(|a| drop(a.insert("interval".into(), json!("9")))).unwrap().interval, SECOND * 9);
    assert_eq!(with(|a| drop(a.insert("interval".into(), json!(0)))).unwrap().interval, SECOND * 5);
    assert_eq!(with(|a| drop(a.insert("interval".into(), json!(99_999)))).unwrap().interval, SECOND * 60);
    assert_eq!(with(|a| drop(a.remove("expires_in"))).unwrap().expires_in, SECOND * 600);
    assert_eq!(with(|a| drop(a.insert("expires_in".into(), json!(1e9)))).unwrap().expires_in, SECOND * 3600);
    let google = with(|a| {
        let page = a.remove("verification_uri").unwrap();
        a.insert("verification_url".into(), page);
    });
    assert!(google.is_some());
}

#[test]
fn codes_that_cannot_be_shown_or_opened_are_refused() {
    for (name, value) in [
        ("device_code", json!("")),
        ("device_code", json!("a\nb")),
        ("user_code", json!("")),
        ("user_code", json!("A".repeat(65))),
        ("user_code", json!("AB\u{202e}CD")),
        ("user_code", json!("AB\u{1b}[2J")),
        ("verification_uri", json!("http://acme.example/device")),
        ("verification_uri", json!("javascript:alert(1)")),
        ("verification_uri", json!("https://user:pw@acme.example/")),
        ("verification_uri", json!("http://127.0.0.1:631/")),
        ("verification_uri", json!(format!("https://acme.example/{}", "a".repeat(3000)))),
        ("verification_uri", Value::Null),
    ] {
        let mut answer = whole();
        answer[name] = value.clone();
        assert!(read(answer).is_none(), "{name} {value}");
    }
    let mut answer = whole();
    answer["verification_uri_complete"] = json!("http://evil.example/");
    assert_eq!(read(answer).unwrap().verification_uri_complete, None, "the other address is good");
    let mut local = whole();
    local["verification_uri"] = json!("http://127.0.0.1:4000/device");
    assert!(codes(local.as_object().unwrap(), &endpoint_at("http://127.0.0.1:4000")).is_some());
}

#[test]
fn r8628_2_pending_waits_slow_down_waits_longer_for_good_and_silence_doubles() {
    let (mut polling, now) = waiting();
    assert_eq!(polling.first_pause(), SECOND * 7);
    let mut pauses = Vec::new();
    for failure in [
        said("authorization_pending"),
        said("slow_down"),
        said("authorization_pending"),
        silence(FailureKind::TimedOut),
        silence(FailureKind::Unreachable),
        said("authorization_pending"),
        Failure::new(FailureKind::ProviderError).with_status(503),
        said("slow_down"),
    ] {
        match polling.after(failure, now) {
            Next::AskAfter(pause) => pauses.push(pause.as_secs()),
            Next::End(failure) => panic!("{failure}"),
        }
    }
    assert_eq!(pauses, [7, 12, 12, 24, 48, 48, 60, 60]);
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let (mut polling, now) = waiting();
    let limited =
        Failure { retry_after: Some(SECOND * 40), ..Failure::new(FailureKind::RateLimited).with_status(429) };
    assert_eq!(polling.after(limited, now), Next::AskAfter(SECOND * 40));
}

#[test]
fn r8628_3_a_no_an_end_and_anything_unknown_end_it() {
    for (word, code) in [
        ("access_denied", "access_denied"),
        ("expired_token", "expired_token"),
        ("invalid_grant", "invalid_grant"),
        ("invalid_client", "invalid_client"),
        ("unauthorized_client", "unauthorized_client"),
        ("zzz", "provider_error"),
    ] {
        let (mut polling, now) = waiting();
        let Next::End(failure) = polling.after(said(word), now) else { panic!("{word}") };
        assert_eq!(failure.kind.attempt_code(), code, "{word}");
    }
    let (mut polling, now) = waiting();
    assert!(matches!(polling.after(silence(FailureKind::Tls), now), Next::End(_)));
}

#[test]
fn r8628_3_nothing_is_asked_after_the_codes_end() {
    let (mut polling, now) = waiting();
    let shortly_before = polling.ends_at() + Duration::ZERO;
    assert_eq!(shortly_before.since(now), SECOND * 1800);
    let near = now + SECOND * 1798;
    assert_eq!(polling.after(said("authorization_pending"), near), Next::AskAfter(SECOND * 2));
    let Next::End(failure) = polling.after(said("authorization_pending"), now + SECOND * 1800) else {
        panic!()
    };
    assert_eq!(failure.kind, FailureKind::DeviceCodeExpired);
}
