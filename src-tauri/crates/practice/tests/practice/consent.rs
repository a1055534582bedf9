//! The page a person sees, and the way back from it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::world::*;

#[tokio::test]
async fn the_page_says_in_plain_words_what_is_asked_and_that_nothing_is_real() {
    let world = World::new(&[]).await;
    let page = world.consent(SCOPES).await;
    let text = page.text();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for words in [
        "Practice Mail wants to",
        "read your name",
        "read your e-mail address",
        "stay signed in",
        "read practice mail",
        "send practice mail",
        "This is only practice.",
        "nothing here is real",
        "Alice Lima",
        "Bob Okafor",
        "on this computer",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains(STATE) && !text.contains(NONCE), "the page must not tell the client's secrets");
}

#[tokio::test]
async fn the_first_form_of_the_page_allows_and_the_second_cancels() {
    let world = World::new(&[]).await;
    let text = world.consent(SCOPES).await.text();
    let forms: Vec<&str> = text.split("<form ").skip(1).collect();
    assert_eq!(forms.len(), 2);
    assert!(forms[0].starts_with("method=\"post\" action=\"/authorize/decision\""));
    assert!(forms[0].contains("name=\"decision\" value=\"allow\""));
    assert!(forms[1].starts_with("method=\"post\" action=\"/authorize/cancel\""));
    assert!(forms[1].contains("name=\"decision\" value=\"deny\""));
    for scope in ["profile", "email", "offline_access", "mail.read", "mail.send"] {
        let row = format!("<input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked>");
        assert!(forms[0].contains(&row), "{scope}");
    }
    assert!(forms[0].contains("<input type=\"hidden\" name=\"scope\" value=\"openid\">"));
    assert!(forms[0].contains("name=\"login\" value=\"alice\" checked"));
}

#[tokio::test]
async fn the_page_runs_no_script_loads_nothing_and_is_never_kept_or_framed() {
    let world = World::new(&[]).await;
    let page = world.consent(SCOPES).await;
    let text = page.text();
    let style = text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains(&format!("style-src 'sha256-{}'", STANDARD.encode(Sha256::digest(style)))),
        "{policy}"
    );
    for part in ["default-src 'none'", "form-action 'self' http:", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    for (name, value) in
        [("cache-control", "no-store"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(page.header(name), Some(value));
    }
    for foreign in ["<script", "javascript:", "onclick", "src=", "@import", "url(", "style=\"", "https://"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

#[tokio::test]
async fn every_field_of_the_page_has_a_label() {
    let world = World::new(&[]).await;
    let text = world.consent(SCOPES).await.text();
    let fields = text.matches("type=\"radio\"").count() + text.matches("type=\"checkbox\"").count();
    assert_eq!(text.matches("<label class=\"row\">").count(), fields);
    assert!(text.contains("<label for=\"login_other\">") && text.contains("id=\"login_other\""));
    assert_eq!((text.matches("<h1>").count(), text.matches("<legend>").count()), (1, 2));
    assert!(text.contains("<html lang=\"en\">") && text.contains("name=\"viewport\""));
}

#[tokio::test]
async fn a_login_hint_chooses_who_is_preselected() {
    let world = World::new(&[]).await;
    let hinted = async |hint: &str| world.get(&authorize(&[("login_hint", hint)])).await.text();
    assert!(hinted("bob@practice.example").await.contains("value=\"bob\" checked"));
    let carol = hinted("Carol <Díaz>").await;
    assert!(carol.contains("value=\"other\" checked") && carol.contains("value=\"Carol &lt;Díaz&gt;\""));
}

#[tokio::test]
async fn somebody_else_signs_in_under_a_typed_name() {
    let world = World::new(&[]).await;
    let sub = async |other: &str| {
        let page = world.consent("openid profile").await.text();
        let form = [
            ("ticket", ticket(&page)),
            ("login", "other".into()),
            ("login_other", other.into()),
            ("scope", "profile".into()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let back = world.post("/authorize/decision", &form).await;
        let tokens = world.redeem(&back.came_back("code").unwrap()).await.json();
        world.userinfo(&tokens).await.json()
    };
    let carol = sub("Carol Díaz").await;
    assert_eq!(carol["name"], "Carol Díaz");
    assert_eq!(carol["sub"], sub("carol díaz").await["sub"]);
    assert_ne!(carol["sub"], sub("Dave").await["sub"]);
}

#[tokio::test]
async fn without_a_name_the_page_comes_again_with_the_same_ticket() {
    let world = World::new(&[]).await;
    let page = world.consent(SCOPES).await.text();
    let ticket_1 = ticket(&page);
    let again = world.post("/authorize/decision", &[("ticket", &ticket_1), ("login", "other")]).await;
    assert!(again.text().contains("role=\"alert\"") && again.text().contains("Type a name"));
    assert_eq!(ticket(&again.text()), ticket_1);
    assert_eq!(world.decide(&ticket_1, SCOPES, "bob").await.status, 303);
}

#[tokio::test]
async fn e10_what_is_not_ticked_is_not_granted_but_openid_cannot_be_declined() {
    let world = World::new(&[]).await;
    let page = world.consent(SCOPES).await.text();
    let back = world.decide(&ticket(&page), "mail.read profile never.asked", "alice").await;
    let tokens = world.redeem(&back.came_back("code").unwrap()).await.json();
    assert_eq!(tokens["scope"], "openid profile mail.read");
    let person = world.userinfo(&tokens).await.json();
    assert!(person.get("email").is_none() && person["name"] == "Alice Lima");
}

#[tokio::test]
async fn e11_cancel_comes_back_as_access_denied() {
    let world = World::new(&[]).await;
    for path in ["/authorize/cancel", "/authorize/decision"] {
        let page = world.consent(SCOPES).await.text();
        let back = world.post(path, &[("ticket", &ticket(&page)), ("decision", "deny")]).await;
        assert_eq!(back.came_back("error").as_deref(), Some("access_denied"), "{path}");
        assert_eq!(back.came_back("state").as_deref(), Some(STATE));
        assert_eq!(back.came_back("iss").as_deref(), Some(world.running.issuer()));
        assert_eq!(back.came_back("code"), None);
    }
}

#[tokio::test]
async fn unticking_everything_is_a_refusal() {
    let world = World::new(&[]).await;
    let page = world.consent("mail.read mail.send").await.text();
    let back = world.post("/authorize/decision", &[("ticket", &ticket(&page)), ("login", "alice")]).await;
    assert_eq!(back.came_back("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_ticket_answers_once_and_for_ten_minutes() {
    let world = World::new(&[]).await;
    let page = world.consent(SCOPES).await.text();
    assert_eq!(world.decide(&ticket(&page), SCOPES, "alice").await.status, 303);
    let again = world.decide(&ticket(&page), SCOPES, "alice").await;
    assert_eq!(again.status, 400);
    assert!(again.text().contains("already used"));
    let old = world.consent(SCOPES).await.text();
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.decide(&ticket(&old), SCOPES, "alice").await.status, 400);
    assert_eq!(world.decide("made-up", SCOPES, "alice").await.status, 400);
    assert_eq!(world.post("/authorize/cancel", &[]).await.status, 400);
}

#[tokio::test]
async fn nobody_is_signed_in_without_a_click() {
    let world = World::new(&[]).await;
    let silent =
        world.get(&authorize(&[("practice_auto", "1"), ("decision", "allow"), ("login", "alice")])).await;
    assert_eq!(silent.status, 200);
    assert!(silent.header("location").is_none());
    let none = world.get(&authorize(&[("prompt", "none")])).await;
    assert_eq!(none.came_back("error").as_deref(), Some("login_required"));
    assert_eq!(world.told().await["live_grants"], 0);
}

#[tokio::test]
async fn r6749_4_1_2_1_a_doubtful_client_or_address_is_told_to_the_person_only() {
    let world = World::new(&[]).await;
    for (name, value) in [
        ("client_id", "nobody"),
        ("client_id", ""),
        ("redirect_uri", ""),
        ("redirect_uri", "https://example.com/callback"),
        ("redirect_uri", "http://127.0.0.1.example.com/"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let page = world.get(&authorize(&[(name, value)])).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{name}={value}");
        assert!(!page.text().contains("example.com"), "nothing is echoed");
    }
    let twice = format!("{}&redirect_uri=http://127.0.0.1:1/", authorize(&[]));
    assert_eq!(world.get(&twice).await.status, 400);
    assert_eq!(world.get(&authorize(&[("x", &"y".repeat(20_000))])).await.status, 414);
}

#[tokio::test]
async fn r6749_4_1_2_1_any_other_mistake_goes_back_to_the_client() {
    let world = World::new(&[]).await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
        ("request", "eyJ", "request_not_supported"),
        ("scope", "openid \"", "invalid_scope"),
    ] {
        let back = world.get(&authorize(&[(name, value)])).await;
        assert_eq!(back.came_back("error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(back.came_back("state").as_deref(), Some(STATE));
        assert_eq!(back.came_back("iss").as_deref(), Some(world.running.issuer()));
    }
    let twice = world.get(&format!("{}&state=other", authorize(&[]))).await;
    assert_eq!(twice.came_back("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn r8252_7_3_any_port_and_path_on_this_computer_is_come_back_to() {
    let world = World::new(&[]).await;
    for uri in ["http://127.0.0.1:1/", "http://[::1]:60000/cb", "http://localhost:5/a?kept=1"] {
        let page = world.get(&authorize(&[("redirect_uri", uri)])).await.text();
        let back = world.decide(&ticket(&page), SCOPES, "alice").await;
        assert!(back.location().as_str().starts_with(uri), "{uri} {}", back.location());
    }
}

#[tokio::test]
async fn a_registered_client_comes_back_to_its_own_path_on_any_port() {
    let world = World::new(&[]).await;
    let asked = json!({"client_name": "My <App>", "redirect_uris": ["http://127.0.0.1/callback"]});
    let client = world.post_json("/register", &asked).await.json();
    let id = client["client_id"].as_str().unwrap();
    let page = world.get(&authorize(&[("client_id", id)])).await;
    assert!(page.text().contains("My &lt;App&gt; wants to"));
    let other =
        world.get(&authorize(&[("client_id", id), ("redirect_uri", "http://127.0.0.1:4321/x")])).await;
    assert_eq!(other.status, 400);
}

// Faults of consent and redirect.

#[tokio::test]
async fn e46_access_denied_takes_allow_for_cancel() {
    let world = World::new(&["access-denied@1"]).await;
    let back = world.allow(SCOPES, "alice").await;
    assert_eq!(back.came_back("error").as_deref(), Some("access_denied"));
    assert!(world.allow(SCOPES, "alice").await.came_back("code").is_some());
}

#[tokio::test]
async fn e10_invalid_scope_goes_back_without_a_page() {
    let world = World::new(&["invalid-scope"]).await;
    let back = world.get(&authorize(&[])).await;
    assert_eq!(back.came_back("error").as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn e24_wrong_state_comes_back_with_another_one() {
    let world = World::new(&["wrong-state"]).await;
    let back = world.allow(SCOPES, "alice").await;
    let state = back.came_back("state").unwrap();
    assert!(state != STATE && state.len() >= 43, "{state}");
    assert!(back.came_back("code").is_some());
}

#[tokio::test]
async fn a_late_callback_waits_for_its_time() {
    let world = World::new(&["late-callback:30"]).await;
    let page = world.consent(SCOPES).await.text();
    let ticket = ticket(&page);
    let (back, ()) = tokio::join!(world.decide(&ticket, SCOPES, "alice"), async {
        world.when_waited_advance(Duration::from_secs(30)).await;
    });
    let code = back.came_back("code").unwrap();
    assert_eq!(world.redeem(&code).await.status, 200, "the code is fresh, only the state is old");
}

#[tokio::test]
async fn a_late_callback_is_released_by_order() {
    let world = World::new(&["late-callback"]).await;
    let page = world.consent(SCOPES).await.text();
    let ticket = ticket(&page);
    let (back, ()) = tokio::join!(world.decide(&ticket, SCOPES, "alice"), async {
        while world.clock.next_wait().is_none() {
            tokio::task::yield_now().await;
        }
        world.order(json!({"release": true})).await;
    });
    assert!(back.came_back("code").is_some());
    assert_eq!(now_s(&world), NOON.unix_s(), "no time passed");
}

#[tokio::test]
async fn r9207_odd_redirects_lack_or_bend_what_they_should_have() {
    let check = async |mode: &str, name: &str, value: Option<&str>| {
        let world = World::new(&[mode]).await;
        let back = world.allow(SCOPES, "alice").await;
        assert_eq!(back.came_back(name).as_deref(), value, "{mode}");
        back
    };
    check("callback:wrong-iss", "iss", Some("https://somebody-else.example")).await;
    check("callback:missing-iss", "iss", None).await;
    check("callback:missing-code", "code", None).await;
    check("callback:missing-state", "state", None).await;
    let back = check("callback:doubled-code", "state", Some(STATE)).await;
    assert_eq!(back.location().query_pairs().filter(|(n, _)| n == "code").count(), 2);
}
