-- Who speaks in a bank is asked with every question, and told by its few names.

CREATE INDEX section_speaker ON section (bank_id, speaker) WHERE speaker IS NOT NULL;
