//! Pages that are made by `cargo xtask docs` are as it makes them.

use std::collections::BTreeMap;

use crate::docs;
use crate::tidy::Problem;
use crate::tidy::repo::Repo;

pub(crate) fn pages(repo: &Repo) -> Vec<Problem> {
    stale(repo, &docs::pages())
}

fn stale(repo: &Repo, made: &BTreeMap<String, String>) -> Vec<Problem> {
    let differs = |(path, text): &(&String, &String)| repo.file(path).is_none_or(|f| f.text != **text);
    let stale = made.iter().filter(differs).map(|(path, _)| path.as_str());
    let of_nothing = repo.files.iter().map(|f| f.path.as_str());
    let of_nothing = of_nothing.filter(|p| p.starts_with(docs::TECHNIQUES) && !made.contains_key(*p));
    let all = stale.chain(of_nothing);
    all.map(|path| Problem::new(path, 0, "not as `cargo xtask docs` makes it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_stale_is_seen() {
        let made = BTreeMap::from([("docs/techniques/a.md".to_owned(), "a\n".to_owned())]);
        let repo = Repo::of(&[("docs/techniques/a.md", "a\n")]);
        assert_eq!(stale(&repo, &made), []);
        let repo = Repo::of(&[("docs/techniques/a.md", "b\n"), ("docs/techniques/gone.md", "")]);
        assert_eq!(stale(&repo, &made).len(), 2);
        assert_eq!(stale(&Repo::of(&[]), &made).len(), 1);
    }
}
