-- Where a business is, as its receptionist says it.
alter table subscriber_profiles add column business_address text;
