use super::*;
use crate::doctor::finding::Level;
use crate::doctor::network::Seen;
use bowline_base::Wall;
use bowline_oauth::Failure;

fn host(name: &str, answer: Result<(), FaultKind>) -> Host {
    let seen = Seen { theirs: None, ours: Wall::from_unix_ms(0) };
    Host { name: name.into(), secure: true, answer: answer.map(|()| seen) }
}

fn look(hosts: Vec<Host>) -> Look {
    Look { provider: "Example".into(), metadata: Ok(()), gone: false, hosts }
}

fn one(answer: Result<(), FaultKind>) -> Vec<Look> {
    vec![look(vec![host("api.example", Ok(())), host("id.example", answer)])]
}

/// What each of the three says of the second host.
fn levels(looks: &[Look]) -> [Level; 3] {
    [judge_dns(looks).level, judge_tls(looks).level, judge_endpoints(looks).level]
}

#[test]
fn hosts_that_answer_are_well_in_every_respect() {
    assert_eq!(levels(&one(Ok(()))), [Level::Ok; 3]);
    assert_eq!(judge_endpoints(&one(Ok(()))).message, "Example answers at 2 hosts.");
}

#[test]
fn without_an_account_nothing_is_looked_at() {
    assert_eq!(levels(&[]), [Level::Skipped; 3]);
}

#[test]
fn each_way_of_not_answering_is_one_checks_error_and_no_others() {
    let (ok, error, skipped) = (Level::Ok, Level::Error, Level::Skipped);
    for (kind, expected) in [
        (FaultKind::Unresolved, [error, ok, skipped]),
        (FaultKind::Tls, [ok, error, skipped]),
        (FaultKind::Refused, [ok, ok, error]),
        (FaultKind::Reset, [ok, ok, error]),
        (FaultKind::TimedOut, [ok, ok, error]),
        (FaultKind::Other, [ok, ok, error]),
    ] {
        assert_eq!(levels(&one(Err(kind))), expected, "{kind:?}");
    }
}

#[test]
fn an_error_names_host_provider_and_a_command() {
    for (kind, judge) in [
        (FaultKind::Unresolved, judge_dns as fn(&[Look]) -> Finding),
        (FaultKind::Tls, judge_tls),
        (FaultKind::Refused, judge_endpoints),
    ] {
        let found = judge(&one(Err(kind)));
        assert!(found.message.contains("id.example (Example)"), "{found:?}");
        let fix = found.fix.unwrap();
        assert!(fix.contains("id.example") && fix.contains('`'), "{fix}");
    }
}

#[test]
fn without_tls_there_is_no_certificate_to_judge() {
    let mut looks = one(Ok(()));
    looks[0].hosts.iter_mut().for_each(|host| host.secure = false);
    assert_eq!(judge_tls(&looks).level, Level::Skipped);
}

#[test]
fn e26_an_endpoint_that_was_gone_for_a_day_is_an_error() {
    let mut looks = one(Ok(()));
    looks[0].gone = true;
    let found = judge_endpoints(&looks);
    assert_eq!(found.level, Level::Error);
    assert!(found.fix.unwrap().contains("bowline providers check"));
}

#[test]
fn metadata_of_another_issuer_is_an_error_and_metadata_that_is_ill_a_warning() {
    let mut looks = one(Ok(()));
    looks[0].metadata = Err(Failure::new(FailureKind::IssuerMismatch));
    let found = judge_endpoints(&looks);
    assert!(found.level == Level::Error && found.message.contains("Another issuer"));
    looks[0].metadata = Err(Failure::new(FailureKind::ProviderError).with_status(503));
    let found = judge_endpoints(&looks);
    assert!(found.level == Level::Warning && found.message.contains("503"));
}

#[test]
fn a_certificate_is_looked_at_on_the_hosts_own_port() {
    assert_eq!(with_port("id.example"), "id.example:443");
    assert_eq!(with_port("id.example:8443"), "id.example:8443");
    assert_eq!(with_port("[::1]"), "[::1]:443");
}
