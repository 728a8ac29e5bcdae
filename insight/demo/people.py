"""The people of the demo. Nobody is real: addresses end in example.org, telephone numbers begin with 06 0000."""

from collections.abc import Sequence

DUTCH = """
Sanne de Vries, Fatima El Amrani, Lisa Jansen, Emma Visser, Aylin Yılmaz, Noor van den Berg, Anouk Smits, Shanice Pinas,
Eva Mulder, Katarzyna Nowak, Iris Bos, Naomi Tjon, Femke Hendriks, Zoë van der Meer, Merve Demir, Lotte Dekker,
Samira Bouali, Roos Kuiper, Julia Peters, Dewi Santoso, Marit Postma, Hanan Azzouzi, Élise Laurent, Tess Vermeer,
Joyce Asante, Maud Willems, Elif Kaya, Sophie van Leeuwen, Inge Hofstra, Rosa Martina, Bo Schouten, Nina Kok,
Yara Haddou, Fleur van Dam, Charlotte Prins, Esra Öztürk, Myrthe Bakker, Danique Brouwer, Amina Jama, Vera Huisman,
Linde Koster, Soraya Ramdin, Hannah Gerritsen, Marloes Timmer, Ilse van Dongen, Chaima Tahiri, Jasmijn Groen,
Priya Sharma, Sterre Blom, Olga Kovalenko, Wies van Rijn, Selin Aydın, Jade Kromhout, Mirthe Veenstra, Ruth Mensah,
Annelies Wolters, Ikram Benali, Kim de Graaf, Tirza Bijl, Magda Wiśniewska, Maartje Vos, Nadia Chaouch, Suze Scholten,
Esmee Verbeek, Rachel Sloot, Farida Karimi, Babette Maas, Imke Dijkstra, Leila Ouali, Puck Hermans, Thirza Lont,
Gülay Şahin, Milou Evers, Sarah Cohen, Ayse Polat, Lieke Driessen, Xiomara Croes, Nienke Bosma, Malika Idrissi,
Floor Kuijpers, Meike de Wit, Jolanda Sedney, Sofie Claes, Ilham Mansouri, Carlijn Rutten, Yvonne Adjei, Rianne Pol,
Tugba Arslan, Mare van Wijk, Isabel Faria, Doutzen Hoekstra, Rabia Yıldırım, Pleun Verhagen, Agnieszka Zając,
Fenna Smit,
Nour Saidi, Loes Geerts, Veerle Aerts, Indra Baldew, Margot Kramer, Zeynep Çelik, Marieke Bakx, Oumaima Ziani,
Elin Wijnands, Stefanie Lopes, Jet Meijer, Kaoutar Rahmani, Anne van Vliet, Roxanne Vlijter, Hilde Nijhof, Buse Koç,
Janneke Bouma, Dounia Fassi, Mila Stam, Ewa Kowalczyk, Wendy Li, Tamar Levi, Sienna de Rooij, Gwen Oosterhuis,
Saskia Molenaar, Bahar Tekin, Romy Jacobs, Feline Vink, Touria Naji, Ymke Zijlstra, Patience Boateng, Daphne Spaan,
Manon Lammers, Sevda Güneş, Judith Kerkhof, Marwa Achahbar, Eline van der Laan, Rhea Wong, Tineke Haan, Asli Doğan,
Puck van Es, Renske Mooij, Najat Hamdi, Diede Crum, Lynn Vonk, Naima Ahmadi, Kyra Sno, Bente Ligtvoet, Mieke Roos
"""
ARABIC = """
Rasha Al Hamwi, Nour Khalil, Hiba Darwish, Sawsan Mansour, Layla Haddad, Amal Qasim, Reem Al Ali, Dina Sabbagh,
Yasmin Barakat, Hala Issa
"""
ENGLISH = """
Grace Okafor, Ananya Iyer, Emily Carter, Chidera Eze, Meera Nair, Wanjiru Kamau, Sofia Rossi, Hye-jin Park, Adaeze Obi
"""
TIGRINYA = "Selam Tesfay, Rahwa Ghebre, Bethlehem Haile"

PARTNERS = """
Daan, Mohamed, Thijs, Emre, Ruben, Kwame, Jeroen, Youssef, Stefan, Lars, Bilal, Tim, Delano, Piotr, Joost, Murat, Sem,
Anouar, Wouter, Femi, Marleen, Ali, Bram, Rachid, Koen, Tomasz, Hidde, Omar, Sjoerd, Ravi
"""
GIRLS = "Noor, Yara, Sara, Lina, Mila, Amira, Saar, Liv, Defne, Julie, Nora, Hailey, Evi, Zara, Fien, Maya"
BOYS = "Noah, Adam, Sem, Finn, Mees, Yusuf, Liam, Luca, Ilyas, Thijn, Jayden, Boaz, Emir, Otis, Siem, Rayan"


def names(text: str) -> list[tuple[str, str]]:
    """(first name, last name) of each person in the list."""
    people = (person.strip().split(" ", 1) for person in text.replace("\n", " ").split(","))
    return [(given, family) for given, family in people]


def words(text: str) -> Sequence[str]:
    return [word.strip() for word in text.replace("\n", " ").split(",")]


BY_LANGUAGE = {"nl": names(DUTCH), "ar": names(ARABIC), "en": names(ENGLISH), "ti": names(TIGRINYA)}
