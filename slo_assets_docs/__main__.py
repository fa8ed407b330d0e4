"""Write all pages anew: ``python -m slo_assets_docs``."""

from slo_assets_docs.pages import FOLDER, pages

FOLDER.mkdir(exist_ok=True)
wanted = pages()
for path in FOLDER.iterdir():
    if path.name not in wanted:
        path.unlink()
for name, text in wanted.items():
    (FOLDER / name).write_text(text, encoding="utf-8")
