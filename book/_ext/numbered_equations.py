"""Number every displayed formula, so that a class can speak of "equation 3".

Lessons write plain `$$ … $$`, which JupyterLab and code hosts render too; there is no place for a label.
A page that numbers some formulas itself, by LaTeX's `\\tag`, keeps its own numbers and gets no others.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class NumberEquations(SphinxTransform):
    """Give each displayed formula without a label one of its own, by its place on the page."""

    default_priority = 200

    def apply(self):
        """Label the formulas of one page."""
        domain = self.env.get_domain("math")
        formulas = list(self.document.findall(nodes.math_block))
        if any(r"\tag{" in node.astext() for node in formulas):
            return
        for place, node in enumerate(formulas, start=1):
            if node.get("label") is None:
                label = f"{self.env.docname}-{place}"
                domain.note_equation(self.env.docname, label, location=node)
                node["label"] = label
                node["ids"].append(nodes.make_id(f"equation-{label}"))
                node["docname"] = self.env.docname
                node["number"] = domain.get_equation_number_for(label)


def setup(app):
    """Register with Sphinx."""
    app.add_transform(NumberEquations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
