//! Every kind of answer that passes by itself, drawn at random: what networks, gateways, portals and sick providers
//! put in the place of tokens. None of them is the provider's word that a grant has ended.

use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::script::refusal;

use crate::dice::Dice;

/// How a provider is ill for a while.
pub(crate) type Illness = fn(&Dice) -> Reply;

/// Every illness by itself.
pub(crate) const ILLNESSES: &[Illness] = &[network, gone, sick, garbage, unknown_word, limited];

/// Any answer that passes by itself.
pub(crate) fn any(dice: &Dice) -> Reply {
    dice.pick(ILLNESSES)(dice)
}

/// No answer at all.
pub(crate) fn network(dice: &Dice) -> Reply {
    use FaultKind::{Other, Refused, Reset, TimedOut, Tls, TooLarge, Unresolved};
    if dice.chance(0.1) {
        return Reply::Hang;
    }
    let kind = *dice.pick(&[Unresolved, Refused, Reset, TimedOut, Tls, TooLarge, Other]);
    Reply::fault(kind, *dice.pick(&[Sent::Nothing, Sent::Maybe]))
}

/// An address at which nothing is, whatever else it says.
pub(crate) fn gone(dice: &Dice) -> Reply {
    with_any_body(*dice.pick(&[404, 405, 410]), dice)
}

/// A status that helps nobody. A gateway speaks under most of them, so that even a known word is nobody's answer.
pub(crate) fn sick(dice: &Dice) -> Reply {
    const STATUSES: &[u16] = &[
        301, 302, 304, 307, 407, 408, 425, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 524, 529,
        530, 599,
    ];
    const SILENT: &[u16] = &[400, 401, 402, 403, 406, 409, 411, 413, 415, 418, 421, 422, 431, 451, 499];
    if dice.chance(0.3) {
        return bare(*dice.pick(SILENT), dice);
    }
    let reply = with_any_body(*dice.pick(STATUSES), dice);
    if dice.chance(0.2) {
        reply.header("retry-after", dice.word(&["0", "1", "7", "40", "soon", "-5"]))
    } else {
        reply
    }
}

/// The provider asks for a pause, in one of the forms in which providers do.
pub(crate) fn limited(dice: &Dice) -> Reply {
    const DATE: &str = "Sat, 21 Nov 2026 14:00:00 GMT";
    let status = *dice.pick(&[429, 429, 403, 503]);
    let reply = if status == 429 { with_any_body(status, dice) } else { Reply::empty(status) };
    match dice.below(6) {
        0 if status == 429 => reply,
        1 => reply.header("date", DATE).header("retry-after", "Sat, 21 Nov 2026 14:00:20 GMT"),
        2 => reply.header("date", DATE).header("retry-after", "Sat, 21 Nov 2026 14:03:00 GMT"),
        3 => reply.header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "25"),
        4 => Reply::json(status, r#"{"message":"slow","retry_after":3.5}"#).header("retry-after", "4"),
        _ => reply.header("retry-after", dice.word(&["0", "1", "5", "30", "31", "90", "1.5"])),
    }
}

/// A success that is none. `SUBJECT` stands for whose renewal it is.
pub(crate) fn garbage(dice: &Dice) -> Reply {
    const BODIES: &[&str] = &[
        "",
        " ",
        "[]",
        "{}",
        "null",
        "42",
        "\"ok\"",
        "OK",
        "\u{feff}{\"access_token\":\"at-x\",\"expires_in\":3600}",
        r#"{"access_token":"at-x","refresh_token":"rt-x","expi"#,
        r#"[{"access_token":"at-x","expires_in":3600}]"#,
        r#"{"token_type":"Bearer"}"#,
        r#"{"token_type":"Bearer","refresh_token":"rt-SUBJECT.kept"}"#,
        r#"{"access_token":"","token_type":"Bearer"}"#,
        r#"{"access_token":7,"token_type":"Bearer"}"#,
        r#"{"access_token":null,"token_type":"Bearer"}"#,
        r#"{"access_token":{"value":"at-x"},"token_type":"Bearer"}"#,
        r#"{"access_token":"a\u0000b","token_type":"Bearer"}"#,
        r#"{"access_token":"at-x","token_type":"DPoP","expires_in":3600}"#,
        r#"{"status":"maintenance"}"#,
    ];
    match dice.below(4) {
        0 => Reply::html(200, "<html><body>Sign in to the Wi-Fi: error=invalid_grant</body></html>"),
        1 => Reply::empty(*dice.pick(&[200, 201, 202, 204, 206])),
        _ => Reply::json(200, dice.word(BODIES)),
    }
}

/// An error that is no refusal: a word nobody knows, one that means "later", or one that did not come whole.
pub(crate) fn unknown_word(dice: &Dice) -> Reply {
    const WORDS: &[&str] = &[
        "zzz",
        "internal_error",
        "server_error",
        "temporarily_unavailable",
        "invalid_request",
        "slow_down",
        "authorization_pending",
        "service_unavailable",
        "invalid grant",
        "invalid_grants",
        "not_invalid_grant",
        "error",
    ];
    const TORN: &[&str] = &[
        r#"{"error":"invalid_grant""#,
        r#"{"error":"invalid_gra"#,
        r#"{"error":123}"#,
        r#"{"error":{"message":"Internal"}}"#,
        r#"{"errors":[{"message":"invalid grant"}]}"#,
        r#"{"error":"","error_description":"the grant is invalid"}"#,
        r#"{"hint":"invalid_grant"}"#,
        "invalid_grant",
        "an error: invalid_grant",
        "<error>invalid_grant</error>",
    ];
    let status = *dice.pick(&[400, 400, 401, 403, 409, 422]);
    match dice.below(4) {
        0 => Reply::json(status, dice.word(TORN)),
        1 => Reply::form(200, format!("error={}&error_description=later", dice.word(WORDS))),
        2 => Reply::json(200, format!("{{\"ok\":false,\"error\":\"{}\"}}", dice.word(WORDS))),
        _ => refusal(status, dice.word(WORDS), "it was expired, revoked and reused, said somebody"),
    }
}

fn bare(status: u16, dice: &Dice) -> Reply {
    match dice.below(3) {
        0 => Reply::html(status, "<html><h1>error=invalid_grant</h1></html>"),
        1 => Reply::json(status, "{}"),
        _ => Reply::empty(status),
    }
}

fn with_any_body(status: u16, dice: &Dice) -> Reply {
    const REFUSING: &[&str] =
        &["invalid_grant", "invalid_client", "access_denied", "consent_required", "invalid_token"];
    match dice.below(3) {
        0 => refusal(status, dice.word(REFUSING), "revoked"),
        _ => bare(status, dice),
    }
}
