"""The browser page, served as it is; a package only so that it is installed with the rest."""
