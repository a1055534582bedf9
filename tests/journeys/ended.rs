//! Grants that the provider really ended: each cause by its own name, and nothing is served any more.

use bowline_base::{Action, Reason, Status};
use bowline_engine::EngineError;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::text;
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, World};

use crate::meddle::meddle;

#[tokio::test]
async fn e13_e60_a_refresh_token_that_ran_out_asks_to_reconnect() {
    assert_eq!(
        ends_as(refusal(400, "invalid_grant", "refresh token has expired")).await,
        Reason::RefreshTokenExpired
    );
}

#[tokio::test]
async fn e14_o36_a_revoked_grant_is_not_served_although_its_token_would_live() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "Token has been revoked")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "reconnect_required");
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::Revoked)));
    let Err(EngineError::ReconnectRequired { reason, detail, .. }) = world.read(&ana).await else {
        panic!("nothing is served any more")
    };
    assert_eq!(reason, Reason::Revoked, "r21");
    assert!(detail.contains("Acme") && detail.contains("econnect"), "r29: {detail}");
    assert_eq!(world.token_requests().len(), 1);
    world.pass(DAY).await;
    assert_eq!(world.token_requests().len(), 1, "what the provider ended is not asked for again");
}

#[tokio::test]
async fn e61_a_refusal_as_401_is_a_real_answer_too() {
    let reason = ends_as(refusal(401, "invalid_grant", "no")).await;
    assert!([Reason::Revoked, Reason::RefreshTokenExpired].contains(&reason));
}

#[tokio::test]
async fn r11_a_grant_that_lay_idle_says_so() {
    assert_eq!(
        ends_as(refusal(400, "invalid_grant", "the token was inactive for 90 days")).await,
        Reason::InactiveTooLong
    );
}

#[tokio::test]
async fn r10_a_wish_for_consent_or_interaction_says_so() {
    assert_eq!(ends_as(refusal(400, "consent_required", "agree again")).await, Reason::ConsentRequired);
    assert_eq!(ends_as(refusal(400, "interaction_required", "sign in")).await, Reason::ConsentRequired);
}

#[tokio::test]
async fn r03_each_of_the_other_causes_has_its_own_name() {
    assert_eq!(
        ends_as(refusal(400, "invalid_grant", "refresh token reuse detected")).await,
        Reason::ReuseSuspected
    );
    assert_eq!(ends_as(refusal(400, "invalid_grant", "multi-factor needed")).await, Reason::StepUpRequired);
    assert_eq!(ends_as(refusal(400, "mfa_required", "more")).await, Reason::StepUpRequired);
}

#[tokio::test]
async fn r03_an_administrators_word_asks_for_the_administrator() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "admin_policy_enforced", "ask")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "reconnect_required");
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::AdminApprovalNeeded)));
    assert_eq!(world.sight(&ana).standing.action, Some(Action::AskAdmin));
}

#[tokio::test]
async fn e29_a_scope_that_is_refused_at_renewal_is_no_endless_trouble() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_scope", "mail is not granted any more")]);
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert!(read.is_err());
    let (status, reason) = world.fares(&ana);
    assert_eq!(reason, Some(Reason::ScopeChanged), "{status}");
    assert!([Status::InsufficientPermissions, Status::NeedsReconnect].contains(&status), "{status}");
    assert_eq!(world.sight(&ana).standing.action, Some(Action::Reconnect));
}

#[tokio::test]
async fn e70_without_a_refresh_token_it_is_expiring_first_and_needs_the_user_once_it_is_dead() {
    let (world, ids) = World::with([Seed::fresh("ana").unrenewable()]).await;
    let ana = &ids[0];
    assert_eq!(world.fares(ana), (Status::Expiring, Some(Reason::AccessExpiresNoRefresh)));
    assert_eq!(world.sight(ana).standing.action, Some(Action::Reconnect), "r38");
    assert_eq!(world.served(ana).await, "at-ana");
    world.pass(HOUR - SECOND * 2).await;
    assert_eq!(world.served(ana).await, "at-ana", "to its last second");
    world.pass(SECOND * 3).await;
    assert_eq!(world.fares(ana), (Status::NeedsReconnect, Some(Reason::RefreshTokenMissing)));
    assert_eq!(world.served(ana).await, "reconnect_required");
    assert!(world.net.requests().is_empty());
}

#[tokio::test]
async fn r47_a_second_consent_without_a_refresh_token_is_told() {
    let world = World::new().await;
    let ana = world.connected("acme", "ana").await;
    world.net.now_on("/token", Reply::json(200, r#"{"access_token":"at-two","expires_in":3600}"#));
    let begun = world.begin(bowline_tests::world::journey::again(&ana)).await;
    world.comes_back(&begun, "code=c&state=STATE").await;
    let (status, reason) = world.fares(&ana);
    assert_eq!((status, reason), (Status::Expiring, Some(Reason::AccessExpiresNoRefresh)));
    assert_eq!(world.stored_pair(&ana).await, ("at-two".to_owned(), String::new()), "no mixed pair");
}

#[tokio::test]
async fn e15_a_damaged_row_is_that_accounts_own_trouble() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let flip = format!("UPDATE token SET access = zeroblob(length(access)) WHERE account = '{}'", ids[0]);
    meddle(&world.vault_file(), &flip);
    assert_eq!(world.served(&ids[0]).await, "reconnect_required");
    assert_eq!(world.fares(&ids[0]), (Status::NeedsReconnect, Some(Reason::TokenCorrupted)));
    assert_eq!(world.served(&ids[1]).await, "at-bo", "r70: the others go on");
    assert_eq!(world.ids().len(), 2);
    let world = world.restarted().await;
    assert_eq!(world.fares(&ids[0]).1, Some(Reason::TokenCorrupted));
}

#[tokio::test]
async fn r08_what_ended_is_told_once_and_mended_by_reconnecting() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "expired")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
    assert!(world.desktop.opened().is_empty(), "p7");
    world.pass(MINUTE).await;
    let again = world.connected("acme", "ana").await;
    assert_eq!(again, ana);
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.desktop.withdrawn(), [ana.as_str()]);
}

#[tokio::test]
async fn r36_a_grant_with_an_end_is_expiring_seven_days_before_it() {
    let seed = Seed { grant_lives: Some(DAY * 8), ..Seed::fresh("ana") };
    let (world, ids) = World::with([seed]).await;
    world.answers([tokens("new")]);
    assert_eq!(world.fares(&ids[0]), (Status::Healthy, None));
    world.pass(DAY + MINUTE).await;
    assert_eq!(world.fares(&ids[0]), (Status::Expiring, Some(Reason::GrantExpires)));
    assert_eq!(world.served(&ids[0]).await, "at-new");
}

/// The reason that a renewal leaves behind when the provider answers so.
async fn ends_as(reply: Reply) -> Reason {
    let (world, ana) = World::with_ana().await;
    world.answers([reply]);
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "reconnect_required");
    let (status, reason) = world.fares(&ana);
    assert_eq!(status, Status::NeedsReconnect);
    assert_eq!(world.served(&ana).await, "reconnect_required");
    reason.expect("a status that needs somebody has a reason")
}
