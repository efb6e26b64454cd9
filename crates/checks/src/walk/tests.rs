use super::*;
use crate::technique::techniques;

/// Numbers that look random: <https://en.wikipedia.org/wiki/Xorshift>
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn edge(to: usize, assumes: usize) -> Edge {
    Edge {
        technique: &techniques()[0],
        goal: Goal::Principal(NodeId(u32::try_from(to).unwrap())),
        through: None,
        link: None,
        assumes,
        agreed: false,
    }
}

/// A random graph, cycles included: for each node its edges, and whether each is certain.
fn graph(random: &mut Random, nodes: usize, edges: u64) -> Vec<Edges> {
    let mut own = vec![Vec::new(); nodes];
    for _ in 0..edges {
        let from = usize::try_from(random.below(nodes as u64)).unwrap();
        let to = usize::try_from(random.below(nodes as u64)).unwrap();
        let assumes = usize::from(random.below(3) == 0);
        let known = own[from].iter().any(|e: &Edge| e.goal == edge(to, 0).goal);
        if from != to && !known {
            own[from].push(edge(to, assumes));
        }
    }
    own.into_iter().map(Edges::by_itself).collect()
}

/// Floyd and Warshall: the length of the shortest way between any two, by certain edges only or by all.
fn distances(edges: &[Edges], certain: bool) -> Vec<Vec<Option<usize>>> {
    let n = edges.len();
    let mut d = vec![vec![None; n]; n];
    for (from, own) in edges.iter().enumerate() {
        for e in own.own.iter().filter(|e| !certain || e.assumes == 0) {
            d[from][e.goal.node().unwrap().0 as usize] = Some(1);
        }
    }
    for k in 0..n {
        for i in 0..n {
            for j in 0..n {
                if let (Some(a), Some(b)) = (d[i][k], d[k][j])
                    && d[i][j].is_none_or(|known| a + b < known)
                {
                    d[i][j] = Some(a + b);
                }
            }
        }
    }
    d
}

/// The walk reaches whom Warshall's closure reaches, by ways as short, certain ones first.
#[test]
fn the_walk_agrees_with_warshall() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..200 {
        let nodes = 2 + usize::try_from(random.below(9)).unwrap();
        let count = random.below(nodes as u64 * 3) + 1;
        let edges = graph(&mut random, nodes, count);
        let (certain, all) = (distances(&edges, true), distances(&edges, false));
        for start in 0..nodes {
            let id = NodeId(u32::try_from(start).unwrap());
            let mut ways = vec![None; nodes];
            for reach in walk(&edges, id, false) {
                let end = reach.last().unwrap().1.goal.node().unwrap().0 as usize;
                assert!(ways[end].is_none(), "one way to each");
                assert_eq!(reach.path.first().unwrap().0, id);
                for pair in reach.path.windows(2) {
                    assert_eq!(pair[0].1.goal, Goal::Principal(pair[1].0), "hops follow each other");
                }
                ways[end] = Some((reach.path.len(), reach.assumes() == 0));
            }
            for end in (0..nodes).filter(|end| *end != start) {
                let expected = match (all[start][end], certain[start][end]) {
                    // An edge of its own is told as it is.
                    (Some(1), _) => ways[end].map(|w| (1, w.1)),
                    (_, Some(length)) => Some((length, true)),
                    (Some(length), None) => Some((length, false)),
                    (None, None) => None,
                };
                assert_eq!(ways[end], expected, "{start} to {end}");
            }
        }
    }
}

/// Whom only services start is reported for what it can do itself.
#[test]
fn a_stepping_stone_takes_one_hop() {
    let edges = [vec![edge(1, 0)], vec![edge(2, 0)], Vec::new()].map(Edges::by_itself);
    assert_eq!(walk(&edges, NodeId(0), true).len(), 1);
    assert_eq!(walk(&edges, NodeId(0), false).len(), 2);
}
