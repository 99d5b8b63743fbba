-- With which system somebody called; nothing of calls that older programs were told of.
ALTER TABLE gateway_call ADD COLUMN system TEXT;
