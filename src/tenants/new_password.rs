//! What a new password must be: long enough, hard to guess, and not what everybody knows of its owner.

use super::password::{Busy, LONGEST, in_turn};

/// Fewest characters.
const SHORTEST: usize = 10;
/// Of zxcvbn's scores 0 to 4: out of reach for whoever guesses at the door, and costly for whoever holds the hash.
const STRONG_ENOUGH: zxcvbn::Score = zxcvbn::Score::Three;
/// As easy to guess here as the owner's name.
const OURS: &str = "minutebank";

/// Why a new password is refused; the words stand beside its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than ten characters.
    #[error("Use 10 characters or more.")]
    Short,
    /// More bytes than are hashed.
    #[error("Use fewer characters.")]
    Long,
    /// The owner's name or address.
    #[error("Do not use your name or email address.")]
    Personal,
    /// A common password, or a simple pattern.
    #[error("This is easy to guess. Use several unrelated words.")]
    Guessable,
}

/// Why there is no hash of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewPasswordError {
    /// It is refused.
    #[error(transparent)]
    Refused(#[from] PasswordFault),
    /// Its turn did not come.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// What is known of a password's owner.
#[derive(Clone, Debug)]
pub struct About {
    /// Address, lower case.
    pub email: String,
    /// Name.
    pub name: String,
}

/// Checks a new password and answers the PHC string to store. `known_to_all` is a password that is good although it is
/// published: a demo's.
///
/// # Errors
/// Where it is refused, or too many wait for their turn.
pub async fn hash_new_password(
    password: String,
    about: About,
    known_to_all: Option<&'static str>,
) -> Result<String, NewPasswordError> {
    let hash = in_turn(move || {
        if known_to_all != Some(password.as_str()) {
            check(&password, &about)?;
        }
        Ok::<_, PasswordFault>(password_auth::generate_hash(password))
    });
    Ok(hash.await??)
}

fn check(password: &str, about: &About) -> Result<(), PasswordFault> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordFault::Short);
    }
    if password.len() > LONGEST {
        return Err(PasswordFault::Long);
    }
    let (local, domain) = about.email.split_once('@').unwrap_or((&about.email, ""));
    let personal = [about.email.as_str(), local, about.name.as_str()];
    if personal.iter().any(|known| letters(known) == letters(password)) {
        return Err(PasswordFault::Personal);
    }
    let parts = [local, domain, &about.name].into_iter().flat_map(|known| known.split(|c: char| !c.is_alphanumeric()));
    let known: Vec<&str> = personal.into_iter().chain(parts).chain([OURS]).filter(|it| it.len() > 1).collect();
    if zxcvbn::zxcvbn(password, &known).score() < STRONG_ENOUGH {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

/// Letters and digits alone, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dana() -> About {
        About { email: "owner@harbor.test".into(), name: "Dana Whitfield".into() }
    }

    #[test]
    fn a_new_password_is_long_and_hard_to_guess() {
        let verdict = |password: &str| check(password, &dana());
        assert_eq!(verdict("Xk3$vTq9!"), Err(PasswordFault::Short), "nine characters");
        assert_eq!(verdict(&"ab".repeat(600)), Err(PasswordFault::Long));
        for personal in ["Dana Whitfield", "danawhitfield", "OWNER@harbor.test", "dana-whitfield"] {
            assert_eq!(verdict(personal), Err(PasswordFault::Personal), "{personal}");
        }
        for simple in [
            "password123",
            "1234567890",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "abcdefghijkl",
            "iloveyou2026",
            "P@ssw0rd!!",
            "whitfield99",
            "harbor2026",
            "minutebank1",
            "minutebank-demo",
        ] {
            assert_eq!(verdict(simple), Err(PasswordFault::Guessable), "{simple}");
        }
        for good in ["correct horse battery staple", "velvet-otter-quarry", "Tz7#qLm2vWx9"] {
            assert_eq!(verdict(good), Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn a_demo_s_own_password_stays_good_in_the_demo() {
        let ours = "minutebank-demo";
        assert!(hash_new_password(ours.into(), dana(), Some(ours)).await.is_ok());
        let outside = hash_new_password(ours.into(), dana(), None).await;
        assert_eq!(outside, Err(PasswordFault::Guessable.into()));
    }
}
