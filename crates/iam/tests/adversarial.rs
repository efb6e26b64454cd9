//! Policies built to be expensive: each comparison ends within its budget, whatever the answer.
//!
//! The budget counts steps and not time; `benches/adversarial.rs` prints time and memory.

mod hard;

use rolecall_iam::{Answer, Engine, evaluate};

/// Most work of one comparison: what a pair may take, and its last question, and as much to see whether the two are
/// administrators. A second is about eighty million, or more.
const STEPS: u64 = 120_000_000;

/// Both ways: what is certain has a witness that differs, and what is not says why.
#[test]
fn each_pair_is_answered() {
    for (name, a, b) in hard::pairs() {
        for (target, principal) in [(&a, &b), (&b, &a)] {
            let engine = Engine::new();
            let gain = engine.gain(target, principal);
            assert!(engine.steps() < STEPS, "{name}: {} steps", engine.steps());
            match (&gain.answer, &gain.witness) {
                (Answer::Yes, Some(witness)) => {
                    assert!(
                        evaluate(target, &witness.request).answer.is_yes(),
                        "{name}: {witness:?}"
                    );
                    assert!(
                        evaluate(principal, &witness.request).answer.is_no(),
                        "{name}: {witness:?}"
                    );
                }
                (Answer::Yes, None) => panic!("{name}: no witness"),
                (Answer::No, witness) => assert!(witness.is_none(), "{name}"),
                (Answer::Depends(why), _) => assert!(!why.is_empty(), "{name}"),
            }
        }
    }
}

/// What a person sees at once is not given up.
#[test]
fn what_is_plain_is_found() {
    let answers = |wanted: &str| {
        let engine = Engine::new();
        let (_, a, b) = hard::pairs()
            .into_iter()
            .find(|(name, ..)| *name == wanted)
            .expect("a pair");
        (engine.gain(&a, &b).answer, engine.gain(&b, &a).answer)
    };
    assert_eq!(answers("300 denials"), (Answer::Yes, Answer::No));
    assert_eq!(answers("letters at a distance from the end"), (Answer::Yes, Answer::No));
}
