"""All steps over the whole province: demonstration, build, batch, command line."""
