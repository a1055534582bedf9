use bowline_wire::shapes::{ClientView, GrantView, ReconnectLink, ScopesView};

use super::*;

fn wired() -> AccountView {
    AccountView {
        id: "acc_1".into(),
        provider: "acme".into(),
        subject: "the subject stays behind".into(),
        label: Some("wo\u{202e}rk".into()),
        username: Some("ana@example.com".into()),
        display_name: Some("<b>Ana</b>\u{0}".into()),
        avatar_url: Some("https://a.example/p.png".into()),
        status: "needs_reconnect".into(),
        reason: Some("revoked".into()),
        message: "Acme ended access.\nSign in again.".into(),
        action: Some("reconnect".into()),
        scopes: ScopesView { requested: vec!["a".into()], granted: vec![], missing: vec!["a".into()] },
        forecast: bowline_wire::shapes::ForecastView::default(),
        fallback: Some("acc_2".into()),
        standing_in: Some("emergency".into()),
        emergency_ends_at: Some("2026-11-20T12:30:00Z".into()),
        paused: false,
        access_expires_at: None,
        grant_expires_at: None,
        refreshable: true,
        next_refresh_at: None,
        last_refresh: None,
        connected_at: "2026-11-20T12:00:00Z".into(),
        reconnected_at: None,
        reconnect: Some(ReconnectLink::of("acc_1")),
    }
}

fn book() -> Book {
    let mut book = Book::default();
    book.set_providers(vec![ProviderView {
        id: "acme".into(),
        name: "Acme".into(),
        dashboard: Some("javascript:alert(1)".into()),
        ..ProviderView::default()
    }]);
    let grant = GrantView { account: "acc_1".into(), scopes: None, expires_at: None };
    book.set_apps(vec![AppView {
        id: "app_1".into(),
        name: "mutt".into(),
        created_at: "2026-11-20T12:00:00Z".into(),
        last_read_at: None,
        grants: vec![grant],
        ..AppView::default()
    }]);
    book
}

#[test]
fn an_account_is_shown_with_its_providers_name_its_readers_and_cleaned_words() {
    let account = account(&wired(), &book());
    assert_eq!((account.name.as_str(), account.provider_name.as_str()), ("work", "Acme"));
    assert_eq!(account.display_name.as_deref(), Some("<b>Ana</b>"), "markup stays text");
    assert_eq!(account.message, "Acme ended access. Sign in again.");
    assert_eq!((account.status, account.action), (Status::NeedsReconnect, Some(Action::Reconnect)));
    let stands_in = (account.fallback.as_deref(), account.standing_in.as_deref());
    assert_eq!(stands_in, (Some("acc_2"), Some("emergency")), "f31");
    assert_eq!(account.used_by, ["mutt"]);
    assert_eq!(account.dashboard, None, "only https pages can be opened");
}

#[test]
fn nothing_of_an_account_that_the_window_has_no_use_for_comes_through() {
    let text = serde_json::to_string(&account(&wired(), &book())).unwrap();
    for kept_back in ["the subject stays behind", "p.png", "/v1/accounts"] {
        assert!(!text.contains(kept_back), "{kept_back}");
    }
}

#[test]
fn a_word_that_only_a_newer_agent_knows_asks_for_nothing() {
    let mut newer = wired();
    newer.status = "half_healthy".into();
    newer.action = Some("dance".into());
    let account = account(&newer, &book());
    assert_eq!((account.status, account.action), (Status::Unavailable, None));
}

#[test]
fn a_question_names_who_asks_and_one_of_an_unknown_kind_is_left_out() {
    let mut request = RequestView {
        request: "req_1".into(),
        kind: Some("program".into()),
        program: Some("/usr/bin/mutt".into()),
        state: "waiting".into(),
        ..RequestView::default()
    };
    let asked = question(&request, &book()).unwrap();
    assert_eq!((asked.kind, asked.name.as_str()), (QuestionKind::Program, "mutt"));
    (request.kind, request.duration_s) = (Some("emergency".into()), Some(601));
    let key = question(&request, &book()).expect("its kind is known");
    assert_eq!((key.kind, key.minutes), (QuestionKind::Emergency, Some(11)), "f32");
    request.kind = Some("riddle".into());
    assert_eq!(question(&request, &book()), None);
}

#[test]
fn a_provider_tells_what_its_people_have_to_bring() {
    let wired = ProviderView {
        id: "google".into(),
        name: "Google".into(),
        flows: vec!["browser".into(), "device".into()],
        needs: vec!["client_id".into(), "client_secret".into()],
        client: Some(ClientView { id: None, auth: "client_secret_post".into(), secret: false }),
        ..ProviderView::default()
    };
    let card = provider(&wired);
    assert!(card.needs_client && card.needs_secret && !card.has_client && card.device);
    assert_eq!(card.origin, "built_in");
}

#[test]
fn a_files_problem_is_told_without_its_folders() {
    let problem = FileProblemView {
        file: Some("/srv/ana/.config/bowline/providers/acme.toml".into()),
        line: Some(3),
        ..FileProblemView::default()
    };
    assert_eq!(file_problem(&problem).file.as_deref(), Some("acme.toml"));
}

#[test]
fn a_code_comes_with_a_qr_code_of_its_address() {
    let wired = DeviceView {
        user_code: "WDJB-MJHT".into(),
        verification_uri: "https://a.example/device".into(),
        verification_uri_complete: Some("https://a.example/device?user_code=WDJB-MJHT".into()),
        interval: 5,
    };
    let code = device(&wired);
    assert!(code.qr_size >= 21 && code.qr_path.starts_with("M0 0h1v1h-1z"), "{}", code.qr_size);
    let only_path = |c: char| "Mhvz- 0123456789".contains(c);
    assert!(code.qr_path.chars().all(only_path), "the path is drawn as it is");
}

#[test]
fn an_endless_list_is_cut() {
    let mut long = wired();
    long.scopes.granted = (0..5_000).map(|n| n.to_string()).collect();
    assert_eq!(account(&long, &book()).scopes_granted.len(), MOST);
}
