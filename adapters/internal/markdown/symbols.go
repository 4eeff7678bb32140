package markdown

import "strings"

const (
	overline  = '\u0305'
	underline = '\u0332'
)

// accents are set on the letter they follow.
var accents = map[string]rune{
	"hat": '\u0302', "widehat": '\u0302', "bar": '\u0304', "overline": overline, "underline": underline,
	"vec": '\u20D7', "overrightarrow": '\u20D7', "tilde": '\u0303', "widetilde": '\u0303',
	"dot": '\u0307', "ddot": '\u0308',
}

var (
	raised  = pairs("0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻=⁼(⁽)⁾aᵃbᵇcᶜdᵈeᵉfᶠgᵍhʰiⁱjʲkᵏlˡmᵐnⁿoᵒpᵖrʳsˢtᵗuᵘvᵛwʷxˣyʸzᶻAᴬBᴮDᴰEᴱGᴳHᴴIᴵJᴶKᴷLᴸMᴹNᴺOᴼPᴾRᴿTᵀUᵁVⱽWᵂβᵝγᵞδᵟθᶿφᵠχᵡ′′**°°∘°")
	lowered = pairs("0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋=₌(₍)₎aₐeₑhₕiᵢjⱼkₖlₗmₘnₙoₒpₚrᵣsₛtₜuᵤvᵥxₓβᵦγᵧρᵨφᵩχᵪ")
	scripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋′°"
)

// pairs makes a table of a list of characters, each followed by what it becomes.
func pairs(s string) map[rune]rune {
	m := make(map[rune]rune)
	var from rune
	for i, r := range []rune(s) {
		if i%2 == 0 {
			from = r
		} else {
			m[from] = r
		}
	}
	return m
}

// blackboard returns the letter that stands for a set of numbers.
func blackboard(r rune) rune {
	switch r {
	case 'C':
		return 'ℂ'
	case 'H':
		return 'ℍ'
	case 'N':
		return 'ℕ'
	case 'P':
		return 'ℙ'
	case 'Q':
		return 'ℚ'
	case 'R':
		return 'ℝ'
	case 'Z':
		return 'ℤ'
	case '1':
		return '𝟙'
	}
	if 'A' <= r && r <= 'Z' {
		return '𝔸' + r - 'A'
	}
	return r
}

// function marks a name that is set apart from letters beside it.
func function(name string) string {
	if name == "" {
		return " "
	}
	return name
}

// symbols are the commands that stand for characters. Those of relations and arrows have their spaces
// with them, and those of functions begin with a letter.
var symbols = commands()

func commands() map[string]string {
	m := make(map[string]string)
	add := func(around, list string) {
		f := strings.Fields(list)
		for i := 0; i+1 < len(f); i += 2 {
			m[f[i]] = around + f[i+1] + around
		}
	}
	add("", `alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ
		lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi φ
		varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ
		Omega Ω sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂
		bigvee ⋁ bigwedge ⋀ infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ emptyset ∅
		varnothing ∅ hbar ℏ ell ℓ Re ℜ Im ℑ aleph ℵ wp ℘ angle ∠ triangle △ square □ blacksquare ■ diamond ◇
		star ⋆ prime ′ degree ° circ ∘ bullet • dagger † ddagger ‡ ldots … dots … cdots ⋯ dotsc … dotsb ⋯ vdots ⋮
		ddots ⋱ lbrace { rbrace } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | vert |
		lVert ‖ rVert ‖ Vert ‖ backslash \ top ⊤ bot ⊥ checkmark ✓ imath ı jmath ȷ qed ∎ euro € pounds £ lbrack [ rbrack ]`)
	add(" ", `le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅
		propto ∝ ll ≪ gg ≫ lt < gt > prec ≺ succ ≻ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ subsetneq ⊊ supset ⊃
		supseteq ⊇ cup ∪ cap ∩ setminus ∖ wedge ∧ land ∧ vee ∨ lor ∨ oplus ⊕ otimes ⊗ odot ⊙ times × div ÷
		cdot · pm ± mp ∓ ast ∗ to → rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐
		Leftrightarrow ⇔ implies ⟹ impliedby ⟸ iff ⟺ longrightarrow ⟶ longleftarrow ⟵ Longrightarrow ⟹ mapsto ↦
		longmapsto ⟼ hookrightarrow ↪ uparrow ↑ downarrow ↓ Uparrow ⇑ Downarrow ⇓ rightleftharpoons ⇌ perp ⊥
		parallel ∥ mid | nmid ∤ vdash ⊢ models ⊨ therefore ∴ because ∵ colon : coloneqq ≔ triangleq ≜ doteq ≐
		nearrow ↗ searrow ↘ leadsto ⇝ xrightarrow → xleftarrow ←`)
	for f := range strings.FieldsSeq(`sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim
		limsup liminf max min sup inf det dim ker deg arg gcd lcm hom Pr`) {
		m[f] = function(f)
	}
	for s := range strings.FieldsSeq("quad qquad enspace thinspace space") {
		m[s] = " "
	}
	return m
}
