use super::*;

#[test]
fn the_table_is_in_order() {
    assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert!(exists("core::upper") && exists("upper") && !exists("provider::upper"));
}
