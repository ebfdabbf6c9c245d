//! Who gives states to whom, so that all ranks have about as many to expand.

use super::words::Move;

/// Returns the moves after which no rank has more than the average, rounded up, if one has over 5 %
/// more than that now. An average below `least` is not worth it.
pub fn balance(states: &[u64], least: u64) -> Vec<Move> {
    let (ranks, sum) = (states.len() as u64, states.iter().sum::<u64>());
    let average = sum.div_ceil(ranks.max(1));
    let most = states.iter().max().copied().unwrap_or(0);
    if average < least || most <= average + average / 20 {
        return Vec::new();
    }
    let mut moves = Vec::new();
    let mut takers = (0..).zip(states).filter(|(_, has)| **has < average);
    let mut taker: Option<(usize, u64)> = None;
    for (from, has) in states.iter().enumerate() {
        let mut surplus = has.saturating_sub(average);
        while surplus > 0 {
            let next = taker.or_else(|| takers.next().map(|(to, has)| (to, average - has)));
            let Some((to, room)) = next else { break };
            let states = surplus.min(room);
            moves.push(Move { from, to, states });
            surplus -= states;
            taker = (room > states).then_some((to, room - states));
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::balance;

    #[test]
    fn nobody_has_more_than_the_average_and_nothing_is_lost() {
        for states in [
            vec![10_000, 0],
            vec![0, 0, 90_001],
            vec![5_000, 20_000, 5_000, 7, 100_000],
            vec![40_000, 40_000, 1],
        ] {
            let average = states.iter().sum::<u64>().div_ceil(states.len() as u64);
            let mut after = states.clone();
            for one in balance(&states, 1) {
                after[one.from] -= one.states;
                after[one.to] += one.states;
            }
            assert_eq!(after.iter().sum::<u64>(), states.iter().sum::<u64>());
            assert!(after.iter().all(|has| *has <= average), "{states:?}: {after:?}");
        }
    }

    #[test]
    fn what_is_nearly_even_or_small_stays() {
        assert!(balance(&[10_400, 10_000], 1).is_empty());
        assert!(balance(&[2_000, 0], 2_048).is_empty());
        assert!(balance(&[], 1).is_empty());
    }
}
