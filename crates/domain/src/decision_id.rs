//! Decision ids: short enough to be read over the telephone, `7QK3-88F2`.

/// Crockford's alphabet: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The id made of eight random bytes: 40 bits, enough to find one decision among a day's.
#[must_use]
pub fn from_random(bytes: [u8; 8]) -> String {
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).map_or('0', |b| char::from(*b));
    let (first, second) = bytes.split_at(4);
    format!("{}-{}", first.iter().map(letter).collect::<String>(), second.iter().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_groups_of_four() {
        assert_eq!(super::from_random([7, 23, 19, 3, 8, 40, 15, 255]), "7QK3-88FZ");
    }
}
