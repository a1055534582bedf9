use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_vault::Vault;

use super::*;

const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
const MINUTE: Duration = Duration::from_secs(60);

struct Desk {
    clock: HandClock,
    figures: Figures,
    store: Store,
    events: Events,
    _home: tempfile::TempDir,
}

fn desk() -> Desk {
    let home = tempfile::tempdir().unwrap();
    let clock = HandClock::at(NOON);
    let data = home.path().join("data");
    let vault = Vault::open(&data, Arc::new(clock.clone()), Arc::new(SeededRandom::new(1))).unwrap();
    let (store, events) = (Store::start(vault).unwrap(), Events::default());
    let figures = Figures::new(Arc::new(clock.clone()), events.clone(), store.clone(), Limits::default());
    Desk { clock, figures, store, events, _home: home }
}

impl Desk {
    /// Lets time pass.
    fn pass(&self, length: Duration) {
        self.clock.advance(length);
    }

    async fn kept(&self) -> Vec<(Wall, String, u64)> {
        let rows = self.store.run(|vault| vault.history(NOON - MINUTE * 60)).await.unwrap();
        rows.into_iter().map(|(hour, row)| (hour, format!("{} {}", row.name, row.label), row.value)).collect()
    }
}

fn acme() -> ProviderId {
    ProviderId::parse("acme").unwrap()
}

#[tokio::test]
async fn f53_a_read_counts_for_the_hour_that_it_was_made_in_however_late_anybody_looks() {
    let desk = desk();
    desk.figures.served(Source::OAuth);
    desk.figures.served(Source::Fallback);
    desk.pass(MINUTE * 150);
    desk.figures.served(Source::OAuth);
    desk.pass(MINUTE * 60);
    desk.figures.served(Source::OAuth);
    let kept = desk.kept().await;
    let row = |hour, source: &str, count| (hour, format!("served {source}"), count);
    let third = NOON + MINUTE * 120;
    assert_eq!(kept, [row(NOON, "fallback", 1), row(NOON, "oauth", 1), row(third, "oauth", 1)]);
}

#[tokio::test]
async fn the_last_hour_is_kept_when_the_agent_ends_and_nothing_is_written_for_an_hour_without_anything() {
    let desk = desk();
    desk.pass(MINUTE * 600);
    desk.figures.renewed(&acme(), true, Duration::from_millis(300));
    desk.figures.keep_last();
    desk.figures.keep_last();
    let hour = NOON + MINUTE * 600;
    let rows = [("renewed acme", 1), ("took_3 acme", 1), ("took_sum acme", 300)];
    assert_eq!(desk.kept().await, rows.map(|(name, value)| (hour, name.to_owned(), value)));
}

#[tokio::test]
async fn f49_the_share_is_of_the_tokens_given_within_the_last_hour() {
    let desk = desk();
    let mut heard = desk.events.watch();
    (0..50).for_each(|_| desk.figures.served(Source::OAuth));
    desk.figures.expired_in_use(Some("/opt/job".into()));
    assert!(heard.try_recv().is_err(), "one of fifty");
    desk.pass(MINUTE * 59);
    desk.figures.look();
    assert!(heard.try_recv().is_err());
    desk.pass(MINUTE * 61);
    (0..10).for_each(|_| desk.figures.served(Source::OAuth));
    desk.figures.expired_in_use(Some("/opt/job".into()));
    let Ok(Event::Alert(alert)) = heard.try_recv() else { panic!("one of ten") };
    assert_eq!((alert.name, alert.value), ("expired_in_use", 0.1));
}

#[tokio::test]
async fn who_looks_is_told_when_to_look_again_and_never_while_nothing_is_open() {
    let desk = desk();
    desk.figures.served(Source::OAuth);
    desk.figures.renewed(&acme(), true, MINUTE);
    assert_eq!(desk.figures.next_look(), None, "an agent that rests is not woken");
    (0..2).for_each(|_| desk.figures.renewed(&acme(), false, MINUTE));
    assert!(desk.figures.next_look().is_some());
    desk.pass(MINUTE * 5);
    desk.figures.look();
    assert_eq!((desk.figures.next_look(), desk.figures.open_alerts()), (None, vec![]));
}

#[tokio::test]
async fn a_clock_that_is_set_back_loses_no_figure() {
    let desk = desk();
    desk.figures.served(Source::OAuth);
    desk.clock.set_wall(NOON - MINUTE * 60 * 5);
    desk.figures.served(Source::OAuth);
    desk.figures.keep_last();
    let kept = desk.store.run(|vault| vault.history(Wall::from_unix_ms(0))).await.unwrap();
    assert_eq!(kept.iter().map(|(_, row)| row.value).sum::<u64>(), 2);
}

#[tokio::test]
async fn a_hundred_providers_make_no_labels_of_their_own() {
    let desk = desk();
    for n in 0..100 {
        let provider = ProviderId::parse(&format!("p{n}")).unwrap();
        desk.figures.renewed(&provider, true, MINUTE);
    }
    let all = desk.figures.all(&desk.figures.seldom());
    assert_eq!((all.served_in_all(), all.renewals().ok), (0, 100));
    assert_eq!(all.providers.len(), MOST_PROVIDERS + 1);
}
