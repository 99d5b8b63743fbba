-- With which system somebody called, and from where a handshake came that was refused; nothing of what older programs were told of.
ALTER TABLE gateway_call ADD COLUMN system TEXT;
ALTER TABLE gateway_call ADD COLUMN source TEXT;
