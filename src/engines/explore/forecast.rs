//! How large a space will be, estimated from the levels that were searched.
//!
//! In most spaces the factor from one level to the next falls about evenly. A line through the
//! logarithms of the later half of the factors is continued until nothing is left.

/// No forecast is made from fewer states.
pub const ENOUGH: u64 = 4000;
/// Nor from fewer levels.
pub const LEVELS: usize = 8;
/// The maximum number of levels that are added.
const HORIZON: usize = 1 << 20;

/// How past searches came out: at least this share of the estimate was searched; in eight of ten
/// searches the space had between `least` and `most` times as many states as the estimate.
struct Past {
    share: f64,
    least: f64,
    most: f64,
}

/// Over the scenarios of this repository with at least 50,000 states, each cut off at several
/// levels: `examples/forecast_error.rs` measures it. Below the last row the estimates say nothing.
const PAST: [Past; 3] = [
    Past { share: 0.5, least: 0.88, most: 6.9 },
    Past { share: 0.25, least: 0.81, most: 3.0 },
    Past { share: 0.05, least: 0.61, most: 3.8 },
];

/// An estimate of a whole space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The number of states.
    pub states: f64,
    /// The number of levels.
    pub levels: usize,
    /// In eight of ten past searches the space had at least this many states, ...
    pub least: f64,
    /// ... and at most this many.
    pub most: f64,
}

/// Estimates a space from the number of states on each level so far; `None` if the levels do not
/// say enough.
pub fn forecast(levels: &[u64]) -> Option<Forecast> {
    let seen: u64 = levels.iter().sum();
    if levels.len() < LEVELS || seen < ENOUGH || levels.contains(&0) {
        return None;
    }
    let (states, count) = continued(levels)?;
    let share = seen as f64 / states;
    let past = PAST.iter().find(|past| share >= past.share)?;
    let (least, most) = ((states * past.least).max(seen as f64), states * past.most);
    Some(Forecast { states, levels: count, least, most })
}

/// Continues the levels by a line through the logarithms of the last half of the factors. Returns
/// the number of states and of levels; `None` if the factors do not fall.
pub fn continued(levels: &[u64]) -> Option<(f64, usize)> {
    let factors: Vec<(f64, f64)> = levels
        .windows(2)
        .enumerate()
        .map(|(at, pair)| (at as f64, (pair[1] as f64 / pair[0] as f64).ln()))
        .collect();
    let last = &factors[factors.len() - levels.len() / 2..];
    let mean = |of: fn(&(f64, f64)) -> f64| last.iter().map(of).sum::<f64>() / last.len() as f64;
    let (middle, height) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = last.iter().map(|(at, _)| (at - middle).powi(2)).sum();
    let together: f64 = last.iter().map(|(at, ln)| (at - middle) * (ln - height)).sum();
    let slope = together / spread;
    if slope.is_nan() || slope >= -1e-6 {
        return None;
    }
    let mut states = levels.iter().sum::<u64>() as f64;
    let mut next = *levels.last()? as f64;
    for at in factors.len()..factors.len() + HORIZON {
        next *= (height + slope * (at as f64 - middle)).exp();
        if next < 0.5 {
            return Some((states, at + 1));
        }
        states += next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::forecast;

    /// The levels of `n` switches, each of which is turned once.
    fn switches(n: u32) -> Vec<u64> {
        let mut levels = vec![1u64];
        for k in 0..n {
            levels.push(levels[k as usize] * u64::from(n - k) / u64::from(k + 1));
        }
        levels
    }

    #[test]
    fn a_space_with_one_hump_is_estimated_from_half_of_its_levels() {
        let levels = switches(24);
        let all = 1u64 << 24;
        assert_eq!(levels.iter().sum::<u64>(), all);
        let found = forecast(&levels[..13]).expect("a forecast");
        assert!((0.7..1.4).contains(&(found.states / all as f64)), "{found:?}");
        assert!(found.least <= all as f64 && all as f64 <= found.most, "{found:?}");
        assert!((20..30).contains(&found.levels), "{found:?}");
    }

    #[test]
    fn levels_that_only_grow_say_nothing() {
        let doubling: Vec<u64> = (0..20).map(|level| 1 << level).collect();
        assert_eq!(forecast(&doubling), None);
        let early = &switches(24)[..6];
        assert_eq!(forecast(early), None);
        assert_eq!(forecast(&[]), None);
        assert_eq!(forecast(&[5000; 12]), None);
    }
}
