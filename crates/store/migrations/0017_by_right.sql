-- By which right whoever sent an application may bind the applicant: codes of positions, with spaces between. Of earlier ones it is not known.
ALTER TABLE application_event ADD COLUMN positions TEXT;
