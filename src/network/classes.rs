//! The longest prefix match over a whole set of addresses: which part of the set goes which way.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::address::{Family, Set, ends};

/// One line of a routing table: where it leads (`T`), and its rank among lines of the same range, lower first.
#[derive(Debug, Clone)]
pub(super) struct Line<T> {
    pub(super) net: IpNet,
    pub(super) rank: u8,
    pub(super) to: T,
}

/// Where one part of the addresses goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice<T> {
    /// There.
    To(T),
    /// Two lines of the same range and rank disagree.
    Tie,
    /// No line covers it.
    Nowhere,
}

/// Splits `set` by the most specific line that covers each address. Parts that go the same way are one part; parts are in the order of their ways.
pub(super) fn classes<T: Ord + Clone>(set: &Set, lines: &[Line<T>]) -> Vec<(Set, Choice<T>)> {
    let family = set.family();
    let mut lines: Vec<&Line<T>> = lines.iter().filter(|line| Family::of(&line.net) == family).collect();
    lines.sort_by(|a, b| (b.net.prefix_len(), ends(&a.net), a.rank, &a.to).cmp(&(a.net.prefix_len(), ends(&b.net), b.rank, &b.to)));
    let mut left: BTreeMap<u128, u128> = set.ranges().iter().copied().collect();
    let mut taken: BTreeMap<Option<T>, Vec<(u128, u128)>> = BTreeMap::new();
    let mut rest = lines.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let same = rest.iter().take_while(|line| ends(&line.net) == ends(&first.net)).count();
        let (group, after) = rest.split_at(same);
        rest = after;
        let rivals = group.iter().filter(|line| line.rank == first.rank && line.to != first.to).count();
        let way = if rivals == 0 { Some(first.to.clone()) } else { None };
        let parts = take(&mut left, ends(&first.net));
        if !parts.is_empty() {
            taken.entry(way).or_default().extend(parts);
        }
    }
    let mut classes: Vec<(Set, Choice<T>)> =
        taken.into_iter().map(|(way, ranges)| (Set::of_ranges(family, ranges), way.map_or(Choice::Tie, Choice::To))).collect();
    if !left.is_empty() {
        classes.push((Set::of_ranges(family, left.into_iter().collect()), Choice::Nowhere));
    }
    classes
}

/// Takes the range out of `left`, and returns what of it was there.
fn take(left: &mut BTreeMap<u128, u128>, (from, to): (u128, u128)) -> Vec<(u128, u128)> {
    let mut parts = Vec::new();
    if let Some((&start, &end)) = left.range(..from).next_back()
        && end >= from
    {
        left.insert(start, from - 1);
        parts.push((from, end.min(to)));
        if end > to {
            left.insert(to + 1, end);
            return parts;
        }
    }
    while let Some((&start, &end)) = left.range(from..=to).next() {
        left.remove(&start);
        parts.push((start, end.min(to)));
        if end > to {
            left.insert(to + 1, end);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;

    fn line(net: &str, rank: u8, to: &'static str) -> Line<&'static str> {
        Line { net: net.parse().unwrap(), rank, to }
    }

    #[test]
    fn the_most_specific_line_takes_its_part_and_leaves_the_rest() {
        let lines = [line("0.0.0.0/0", 0, "nat"), line("52.94.0.0/16", 0, "vgw"), line("10.0.0.0/16", 0, "local")];
        let classes = classes(Set::public(Family::V4), &lines);
        let ways: Vec<String> = classes.iter().map(|(set, choice)| format!("{choice:?} {}", set.ranges().len())).collect();
        assert_eq!(ways.len(), 2, "{ways:?}");
        assert_eq!(classes[1].0.to_string(), "52.94.0.0/16");
        assert!(!classes[0].0.overlaps(&classes[1].0));
    }

    #[test]
    fn of_equal_ranges_the_lower_rank_counts_and_equal_ranks_are_a_tie() {
        let all = Set::everything(Family::V4);
        let ranked = classes(&all, &[line("0.0.0.0/0", 2, "propagated"), line("0.0.0.0/0", 0, "static")]);
        assert_eq!(ranked, [(all.clone(), Choice::To("static"))]);
        let tied = classes(&all, &[line("0.0.0.0/0", 0, "a"), line("0.0.0.0/0", 0, "b")]);
        assert_eq!(tied, [(all, Choice::Tie)]);
    }

    #[test]
    fn what_no_line_covers_goes_nowhere() {
        let all = Set::everything(Family::V4);
        assert_eq!(classes::<u8>(&all, &[]), [(all, Choice::Nowhere)]);
    }

    proptest! {
        #[test]
        fn it_agrees_with_single_addresses(nets in proptest::collection::vec((0_u32..64, 24_u8..=32, 0_u8..3, 0_u8..4), 0..8), order in any::<u64>()) {
            let mut lines: Vec<Line<u8>> = nets
                .into_iter()
                .map(|(start, length, rank, to)| Line { net: IpNet::new(Ipv4Addr::from(start * 4).into(), length).unwrap().trunc(), rank, to })
                .collect();
            if !lines.is_empty() {
                let shift = usize::try_from(order % lines.len() as u64).unwrap();
                lines.rotate_left(shift);
            }
            let set = Set::of(Family::V4, &["0.0.0.0/24".parse().unwrap()]);
            let classes = classes(&set, &lines);
            for address in 0..256_u32 {
                let ip = IpAddr::from(Ipv4Addr::from(address));
                let longest = lines.iter().filter(|line| line.net.contains(&ip)).map(|line| line.net.prefix_len()).max();
                let best: Vec<&Line<u8>> = lines.iter().filter(|line| line.net.contains(&ip) && Some(line.net.prefix_len()) == longest).collect();
                let rank = best.iter().map(|line| line.rank).min();
                let mut ways: Vec<u8> = best.iter().filter(|line| Some(line.rank) == rank).map(|line| line.to).collect();
                ways.sort_unstable();
                ways.dedup();
                let expected = match ways.as_slice() { [] => Choice::Nowhere, [one] => Choice::To(*one), _ => Choice::Tie };
                let holding: Vec<&Choice<u8>> = classes.iter().filter(|(set, _)| set.covers_range((u128::from(address), u128::from(address)))).map(|(_, choice)| choice).collect();
                prop_assert_eq!(holding, vec![&expected]);
            }
        }
    }
}
