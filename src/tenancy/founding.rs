//! How a business comes to be: its rows, its channels, its entries in the directory.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::directory::{self, Entry, Key, PutResult};
use crate::kernel::{
    db::{IdentityTx, Tx},
    ids::SubscriberId,
    language::Language,
    phone::E164,
    random,
    text::Slug,
};

/// What is known of a business when it begins.
#[derive(Clone, Debug)]
pub struct NewBusiness {
    pub business_name: String,
    pub business_type: Option<String>,
    pub website_url: Option<String>,
    pub business_description: Option<String>,
    pub business_phone: Option<E164>,
    pub owner_name: Option<String>,
    pub owner_email: String,
    pub area_code: Option<String>,
    pub timezone: chrono_tz::Tz,
    pub language: Language,
}

/// Makes the business with its default channels: calls and chat answered, texts off until the plan allows them, mail
/// off.
pub async fn found(
    tx: &mut IdentityTx,
    new: &NewBusiness,
    now: DateTime<Utc>,
) -> sqlx::Result<(SubscriberId, Slug)> {
    let id = SubscriberId::new();
    let slug = take_slug(tx, id, &new.business_name).await?;
    let entry = Entry {
        subscriber: Some(id),
        target: None,
    };
    directory::put(tx, &Key::Subscriber(id), &entry).await?;
    sqlx::query!(
        "with business as (
             insert into subscribers
                 (id, slug, business_name, business_type, website_url, business_description, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $16, $16)
         ), profile as (
             insert into subscriber_profiles
                 (subscriber_id, id, timezone, language, business_phone, owner_name, owner_email, area_code,
                  created_at, updated_at)
             values ($1, $7, $8, $9, $10, $11, $12, $13, $16, $16)
         )
         insert into subscriber_channels
             (subscriber_id, id, channel, is_enabled, transport_provider, ai_provider, created_at, updated_at)
         select $1, c.id, c.channel, c.channel in ('VOICE', 'CHAT'),
                case c.channel when 'CHAT' then 'WEB' when 'EMAIL' then 'OTHER' else 'TWILIO' end, 'BUILTIN', $16, $16
           from unnest($14::uuid[], $15::text[]) as c (id, channel)",
        id as _,
        slug as _,
        new.business_name,
        new.business_type,
        new.website_url,
        new.business_description,
        Uuid::now_v7(),
        new.timezone.name(),
        new.language as _,
        new.business_phone as _,
        new.owner_name,
        new.owner_email,
        new.area_code,
        &[(); 4].map(|()| Uuid::now_v7()),
        &["VOICE", "SMS", "CHAT", "EMAIL"].map(str::to_owned),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok((id, slug))
}

/// The name as a slug; with something behind it where that is taken.
async fn take_slug(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
    name: &str,
) -> sqlx::Result<Slug> {
    let plain = slug_of(name);
    let mut wanted = plain.clone();
    loop {
        let entry = Entry {
            subscriber: Some(subscriber),
            target: None,
        };
        let put = directory::put(tx, &Key::Slug(&wanted), &entry).await?;
        if put == PutResult::Created {
            return Ok(wanted.parse().expect("made of what a slug may have"));
        }
        wanted = format!("{plain}-{}", random::base62(5).to_lowercase());
    }
}

/// Letters without their accents, digits, and `-` for the rest.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        let plain = match c {
            'a'..='z' | '0'..='9' => c,
            'à' | 'á' | 'â' | 'ã' | 'ä' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            '\'' | '’' => continue,
            _ => '-',
        };
        if plain != '-' || !slug.ends_with('-') {
            slug.push(plain);
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(48).collect();
    match slug.trim_matches('-') {
        "" => "business".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        assert_eq!(slug_of("Plomberie Boréale"), "plomberie-boreale");
        assert_eq!(slug_of("Joe's  HVAC & Sons!"), "joes-hvac-sons");
        assert_eq!(slug_of("日本"), "business");
        assert_eq!(slug_of(&"a b".repeat(60)).len(), 48);
    }
}
