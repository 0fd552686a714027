use super::*;

#[test]
fn a_phone_number_is_heard_however_it_is_spoken() {
    for (text, language, number) in [
        ("514-555-0142", Language::En, "+15145550142"),
        ("+1 (514) 555-0142", Language::En, "+15145550142"),
        ("1 514 555 0142", Language::Fr, "+15145550142"),
        (
            "my number is five one four five five five oh one four two",
            Language::En,
            "+15145550142",
        ),
        (
            "five one four triple five zero one forty two",
            Language::En,
            "+15145550142",
        ),
        (
            "area code five fourteen then five fifty five um oh one four two",
            Language::En,
            "+15145550142",
        ),
        (
            "five one four double five five zero one four two please",
            Language::En,
            "+15145550142",
        ),
        (
            "it's one eight hundred five five five two three six eight",
            Language::En,
            "+18005552368",
        ),
        (
            "it's 514 555 0143 no sorry 514 555 0142",
            Language::En,
            "+15145550142",
        ),
        ("514 555 0142 extension 12", Language::En, "+15145550142"),
        (
            "i live at 24 maple street my number is 514 555 0142",
            Language::En,
            "+15145550142",
        ),
        (
            "c'est le cinq cent quatorze, cinq cent cinquante-cinq, zéro un quarante-deux",
            Language::Fr,
            "+15145550142",
        ),
        (
            "quatre cent trente-huit huit cent quatre-vingt-dix-neuf soixante-dix-huit douze",
            Language::Fr,
            "+14388997812",
        ),
        (
            "cinq un quatre euh cinq cinq cinq tiret zéro un quatre deux",
            Language::Fr,
            "+15145550142",
        ),
        (
            "mi número es el quinientos catorce, quinientos cincuenta y cinco, cero uno cuarenta y dos",
            Language::Es,
            "+15145550142",
        ),
        (
            "es el cinco uno cuatro cinco cinco cinco cero uno cuatro dos",
            Language::Es,
            "+15145550142",
        ),
        (
            "ochocientos veintitrés, cuatro cincuenta y seis, doce noventa",
            Language::Es,
            "+18234561290",
        ),
        ("+52 55 1234 5678", Language::Es, "+525512345678"),
    ] {
        let heard = phone_in(text, language);
        assert_eq!(heard.as_ref().map(E164::as_str), Some(number), "{text:?}");
    }
}

#[test]
fn what_is_no_phone_number_is_none() {
    for text in [
        "",
        "555 0142",
        "tuesday at ten",
        "0145550142",
        "five one four",
        "014 155 0142",
        "+1 111 111 1111",
        "12345678901234567890",
    ] {
        for language in [Language::En, Language::Fr, Language::Es] {
            assert_eq!(phone_in(text, language), None, "{text:?}");
        }
    }
}

#[test]
fn digits_are_put_together() {
    for (text, language, digits) in [
        ("one two three", Language::En, Some("123")),
        ("it's double oh seven", Language::En, Some("007")),
        ("42 15", Language::En, Some("4215")),
        ("quatre-vingt-douze", Language::Fr, Some("92")),
        ("dix-sept trente et un", Language::Fr, Some("1731")),
        ("treinta y uno veinte", Language::Es, Some("3120")),
        ("nothing", Language::En, None),
    ] {
        assert_eq!(digits_in(text, language).as_deref(), digits, "{text:?}");
    }
}

#[test]
fn a_code_is_heard_however_it_is_spelled() {
    let is_code = |code: &str| {
        code.len() == 6
            && code
                .bytes()
                .all(|sign| b"AFHKLMRTWXY2345679".contains(&sign))
    };
    for (text, language, code) in [
        ("AFH234", Language::En, Some("AFH234")),
        ("it's afh 234", Language::En, Some("AFH234")),
        ("my code is a f h 2 3 4", Language::En, Some("AFH234")),
        ("A-F-H-2-3-4 please", Language::En, Some("AFH234")),
        (
            "a as in alpha f as in frank h like hotel two three four",
            Language::En,
            Some("AFH234"),
        ),
        (
            "alpha foxtrot hotel two three four",
            Language::En,
            Some("AFH234"),
        ),
        (
            "a for apple s as in frank aitch twenty three four",
            Language::En,
            Some("AFH234"),
        ),
        (
            "um double u ex why double five nine",
            Language::En,
            Some("WXY559"),
        ),
        ("kay seven em to are ex", Language::En, Some("K7M2RX")),
        (
            "double u w x double five nine",
            Language::En,
            Some("WWX559"),
        ),
        (
            "a comme alain f comme françois h comme hélène deux trois quatre",
            Language::Fr,
            Some("AFH234"),
        ),
        (
            "c'est double v x i grec cinq cinq neuf",
            Language::Fr,
            Some("WXY559"),
        ),
        ("a efe hache dos tres cuatro", Language::Es, Some("AFH234")),
        (
            "a de ana f de francia h de hugo dos treinta y cuatro",
            Language::Es,
            Some("AFH234"),
        ),
        (
            "doble u equis i griega doble cinco nueve",
            Language::Es,
            Some("WXY559"),
        ),
        ("i don't have it", Language::En, None),
        ("tomorrow", Language::En, None),
        ("", Language::Fr, None),
    ] {
        assert_eq!(
            code_in(text, language, is_code).as_deref(),
            code,
            "{text:?}"
        );
    }
}
