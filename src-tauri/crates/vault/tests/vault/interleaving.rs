//! Whatever is done in whatever order, an account's tokens all come from one answer, and from its own.

use std::collections::BTreeMap;

use bowline_base::{Account, AccountId, Health, ScopeSet, Secret};
use bowline_vault::Tokens;
use proptest::prelude::*;

use crate::world::{World, master};

#[derive(Clone, Debug)]
enum Act {
    Connect(usize),
    Renew { who: usize, rotates: bool, is_saved: bool },
    Rename(usize),
    Remove(usize),
    Rekey,
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || 0..4usize;
    let act = prop_oneof![
        3 => who().prop_map(Act::Connect),
        5 => (who(), any::<bool>(), any::<bool>())
            .prop_map(|(who, rotates, is_saved)| Act::Renew { who, rotates, is_saved }),
        2 => who().prop_map(Act::Rename),
        2 => who().prop_map(Act::Remove),
        1 => Just(Act::Rekey),
        1 => Just(Act::Restart),
    ];
    prop::collection::vec(act, 1..40)
}

/// What one answer of the provider holds: every part carries its number.
fn answer(who: usize, number: usize, rotates: bool) -> Tokens {
    let part = |kind: &str| Secret::new(format!("{kind}-{who}-{number}"));
    let refresh = rotates.then(|| part("refresh"));
    Tokens {
        access: part("access"),
        token_type: "Bearer".to_owned(),
        refresh,
        id_token: rotates.then(|| part("id")),
    }
}

struct Story {
    world: World,
    key: u8,
    ids: BTreeMap<usize, AccountId>,
    expected: BTreeMap<usize, Tokens>,
}

impl Story {
    fn act(&mut self, number: usize, act: &Act) {
        match *act {
            Act::Connect(who) => self.connect(who, number),
            Act::Renew { who, rotates, is_saved } => self.renew(who, number, rotates, is_saved),
            Act::Rename(who) => self.rename(who, number),
            Act::Remove(who) => self.remove(who),
            Act::Rekey => {
                self.key += 1;
                let key = master(self.key);
                self.world.vault().rekey(&key, &bowline_vault::Keystore::Keychain).unwrap();
            }
            Act::Restart => {
                self.world.open().unwrap();
                self.world.vault().unlock(&master(self.key)).unwrap();
            }
        }
    }

    fn connect(&mut self, who: usize, number: usize) {
        let (account, tokens) = (self.world.account(&format!("person-{who}")), answer(who, number, true));
        let id = self.world.vault().upsert_account(&account, &Health::default(), &tokens).unwrap();
        assert_eq!(self.ids.get(&who).unwrap_or(&id), &id);
        self.ids.insert(who, id);
        self.expected.insert(who, tokens);
    }

    fn renew(&mut self, who: usize, number: usize, rotates: bool, is_saved: bool) {
        let Some(id) = self.ids.get(&who) else { return };
        let tokens = answer(who, number, rotates);
        let old = self.expected[&who].clone();
        let vault = self.world.vault();
        let mark = vault.begin_renewal(id).unwrap();
        vault.answer_renewal(id, mark, &tokens.access).unwrap();
        let outcome = is_saved.then_some(&tokens);
        vault.finish_renewal(id, mark, outcome, &Health::default(), &ScopeSet::default()).unwrap();
        if is_saved {
            let (refresh, id_token) = (tokens.refresh.or(old.refresh), tokens.id_token.or(old.id_token));
            self.expected.insert(who, Tokens { refresh, id_token, ..answer(who, number, false) });
        }
    }

    fn rename(&mut self, who: usize, number: usize) {
        let Some(id) = self.ids.get(&who) else { return };
        let (account, _) = self.world.vault().account(id).unwrap().unwrap();
        let renamed = Account { label: Some(format!("name {number}")), ..account };
        self.world.vault().save_profile(&renamed).unwrap();
    }

    fn remove(&mut self, who: usize) {
        let Some(id) = self.ids.remove(&who) else { return };
        assert!(self.world.vault().remove_account(&id).unwrap());
        self.expected.remove(&who);
    }

    fn check(&mut self) {
        let vault = self.world.vault.as_ref().unwrap();
        assert_eq!(vault.accounts().unwrap().len(), self.ids.len());
        for (who, id) in &self.ids {
            assert_eq!(vault.tokens(id).unwrap().as_ref(), Some(&self.expected[who]), "person {who}");
        }
        assert!(vault.interrupted().unwrap().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e30_no_order_of_doing_mixes_the_tokens_of_two_answers(acts in acts()) {
        let mut story =
            Story { world: World::unlocked(), key: 1, ids: BTreeMap::new(), expected: BTreeMap::new() };
        for (number, act) in acts.iter().enumerate() {
            story.act(number, act);
            story.check();
        }
    }
}
