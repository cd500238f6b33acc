import java.nio.file.Files;
import java.nio.file.Path;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** For each file and standard a line "file standard ok", or "... broken" and its broken rules. */
public class ValidatePdf {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        var foundry = Foundries.defaultInstance();
        for (String file : files) {
            for (var standard : new PDFAFlavour[] {PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1}) {
                try (var stream = Files.newInputStream(Path.of(file));
                        var parser = foundry.createParser(stream, standard);
                        var validator = foundry.createValidator(standard, false)) {
                    var result = validator.validate(parser);
                    var verdict = result.isCompliant() ? "ok" : "broken";
                    System.out.println(file + " " + standard.getId() + " " + verdict);
                    for (TestAssertion one : result.getTestAssertions()) {
                        var rule = one.getRuleId();
                        System.out.println("  " + rule.getClause() + " " + one.getMessage());
                    }
                }
            }
        }
    }
}
